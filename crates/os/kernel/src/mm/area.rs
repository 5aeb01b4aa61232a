//! What an address space is made of: areas, sorted, not overlapping.
//!
//! An area (Linux: vm_area_struct) says what a stretch of addresses *means*; the page tables
//! say what is *there* so far. Everything here is arithmetic on [`Mm::areas`], so it is
//! tested on the host.

use super::{PAGE, USER_END, USER_START};
use abi::Errno;
use objects::NONE;
use objects::kernel::{Mm, VMAS, Vma, vma};

/// PROT_READ.
pub const READ: u32 = 1;
/// PROT_WRITE.
pub const WRITE: u32 = 2;
/// PROT_EXEC.
pub const EXEC: u32 = 4;

/// The areas in use.
pub fn areas(mm: &Mm) -> &[Vma] {
    &mm.areas[..mm.count as usize]
}

/// The area that covers `address`.
pub fn find(mm: &Mm, address: u64) -> Option<&Vma> {
    areas(mm)
        .iter()
        .find(|a| a.start <= address && address < a.end)
}

/// The first area that ends above `address`.
pub fn first_above(mm: &Mm, address: u64) -> Option<usize> {
    areas(mm).iter().position(|a| address < a.end)
}

/// Whether no area touches `start..end`.
pub fn is_free(mm: &Mm, start: u64, end: u64) -> bool {
    areas(mm).iter().all(|a| a.end <= start || end <= a.start)
}

/// Whether every byte of `start..end` is in some area.
pub fn is_covered(mm: &Mm, start: u64, end: u64) -> bool {
    let mut at = start;
    for a in areas(mm) {
        if a.start <= at && at < a.end {
            at = a.end;
        }
    }
    at >= end
}

/// The part of `a` that lies in `start..end`, its file offset adjusted.
pub fn clip(a: &Vma, start: u64, end: u64) -> Option<Vma> {
    let (from, to) = (a.start.max(start), a.end.min(end));
    (from < to).then(|| Vma {
        start: from,
        end: to,
        offset: if a.inode == NONE {
            0
        } else {
            a.offset + (from - a.start)
        },
        file_bytes: a.file_bytes.saturating_sub(from - a.start).min(to - from),
        ..*a
    })
}

/// Whether `b` goes on where `a` ends, with the same meaning.
fn continues(a: &Vma, b: &Vma) -> bool {
    let file = a.inode != NONE;
    a.end == b.start
        && (a.prot, a.kind, a.inode, a.shared) == (b.prot, b.kind, b.inode, b.shared)
        && (!file || a.offset + (a.end - a.start) == b.offset && a.file_bytes == a.end - a.start)
}

/// Adds an area into free space, joining it with neighbours that mean the same.
///
/// # Errors
/// ENOMEM if the table is full.
pub fn insert(mm: &mut Mm, area: Vma) -> Result<(), Errno> {
    debug_assert!(area.start < area.end && is_free(mm, area.start, area.end));
    let at = areas(mm)
        .iter()
        .take_while(|a| a.start < area.start)
        .count();
    let count = mm.count as usize;
    if at > 0 && continues(&mm.areas[at - 1], &area) {
        mm.areas[at - 1].end = area.end;
        mm.areas[at - 1].file_bytes += area.file_bytes;
        if at < count && continues(&mm.areas[at - 1], &mm.areas[at]) {
            let next = mm.areas[at];
            mm.areas[at - 1].end = next.end;
            mm.areas[at - 1].file_bytes += next.file_bytes;
            take_out(mm, at);
        }
        return Ok(());
    }
    if at < count && continues(&area, &mm.areas[at]) {
        let next = &mut mm.areas[at];
        next.start = area.start;
        next.offset = area.offset;
        next.file_bytes += area.file_bytes;
        return Ok(());
    }
    if count == VMAS {
        return Err(Errno::ENOMEM);
    }
    mm.areas.copy_within(at..count, at + 1);
    mm.areas[at] = area;
    mm.count += 1;
    Ok(())
}

fn take_out(mm: &mut Mm, at: usize) {
    let count = mm.count as usize;
    mm.areas.copy_within(at + 1..count, at);
    mm.count -= 1;
    mm.areas[count - 1] = Vma::default();
}

/// Makes `start..end` free of areas; one that reaches over an edge is cut.
///
/// # Errors
/// ENOMEM if cutting one in two does not fit the table; nothing is changed then.
pub fn remove(mm: &mut Mm, start: u64, end: u64) -> Result<(), Errno> {
    let splits = areas(mm).iter().any(|a| a.start < start && end < a.end);
    if splits && mm.count as usize == VMAS {
        return Err(Errno::ENOMEM);
    }
    let mut at = 0;
    while at < mm.count as usize {
        let a = mm.areas[at];
        if clip(&a, start, end).is_none() {
            at += 1;
            continue;
        }
        match (clip(&a, 0, start), clip(&a, end, u64::MAX)) {
            (None, None) => take_out(mm, at),
            (Some(left), None) => mm.areas[at] = left,
            (None, Some(right)) => mm.areas[at] = right,
            (Some(left), Some(right)) => {
                let count = mm.count as usize;
                mm.areas.copy_within(at + 1..count, at + 2);
                mm.areas[at] = left;
                mm.areas[at + 1] = right;
                mm.count += 1;
                at += 1;
            }
        }
    }
    Ok(())
}

/// Gives every area inside `start..end` the protection `prot`, cutting at the edges.
///
/// # Errors
/// ENOMEM if part of the range is no area, or the pieces do not fit the table.
pub fn protect(mm: &mut Mm, start: u64, end: u64, prot: u32) -> Result<(), Errno> {
    if !is_covered(mm, start, end) {
        return Err(Errno::ENOMEM);
    }
    let before = *mm;
    for n in 0..before.count as usize {
        let old = before.areas[n];
        let Some(middle) = clip(&old, start, end) else {
            continue;
        };
        if middle.prot == prot {
            continue;
        }
        let done =
            remove(mm, middle.start, middle.end).and_then(|()| insert(mm, Vma { prot, ..middle }));
        if done.is_err() {
            *mm = before;
            return done;
        }
    }
    Ok(())
}

/// The highest free stretch of `len` bytes that ends at or below `below`: mappings grow
/// down from the stack, so that heap and mappings meet as late as possible.
pub fn find_gap(mm: &Mm, len: u64, below: u64) -> Option<u64> {
    let mut end = below.min(USER_END);
    for a in areas(mm).iter().rev() {
        if a.start >= end {
            continue;
        }
        if a.end <= end && end - a.end >= len {
            break;
        }
        end = a.start;
    }
    let start = end.checked_sub(len)?;
    (start >= USER_START && is_free(mm, start, end)).then_some(start)
}

/// If a fault at `address` can be answered by growing the stack, the index of the stack's
/// area: the next area above is a stack, and it would not exceed `limit` bytes.
pub fn growable_stack(mm: &Mm, address: u64, limit: u64) -> Option<usize> {
    let at = first_above(mm, address)?;
    let stack = &mm.areas[at];
    let page = address & !(PAGE - 1);
    (stack.kind == vma::STACK && page < stack.start && stack.end - page <= limit).then_some(at)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn mm() -> Mm {
        objects_mm()
    }

    fn objects_mm() -> Mm {
        use zerocopy::FromZeros;
        Mm::new_zeroed()
    }

    fn anon(start: u64, end: u64, prot: u32) -> Vma {
        Vma {
            start,
            end,
            prot,
            kind: vma::MAPPED,
            inode: NONE,
            ..Vma::default()
        }
    }

    fn file(start: u64, end: u64, offset: u64) -> Vma {
        Vma {
            inode: 7,
            offset,
            file_bytes: end - start,
            ..anon(start, end, READ)
        }
    }

    fn show(mm: &Mm) -> String {
        areas(mm)
            .iter()
            .map(|a| {
                format!(
                    "{:x}-{:x}:{}@{:x}+{:x}",
                    a.start, a.end, a.prot, a.offset, a.file_bytes
                )
            })
            .collect::<Vec<_>>()
            .join(" ")
    }

    #[test]
    fn neighbours_join_only_if_they_mean_the_same() {
        let mut mm = mm();
        insert(&mut mm, anon(0x3000, 0x4000, 3)).unwrap();
        insert(&mut mm, anon(0x1000, 0x2000, 3)).unwrap();
        insert(&mut mm, anon(0x2000, 0x3000, 3)).unwrap();
        assert_eq!(show(&mm), "1000-4000:3@0+0");
        insert(&mut mm, anon(0x4000, 0x5000, 1)).unwrap();
        insert(&mut mm, file(0x6000, 0x7000, 0x1000)).unwrap();
        insert(&mut mm, file(0x7000, 0x8000, 0x2000)).unwrap();
        insert(&mut mm, file(0x8000, 0x9000, 0)).unwrap();
        assert_eq!(
            show(&mm),
            "1000-4000:3@0+0 4000-5000:1@0+0 6000-8000:1@1000+2000 8000-9000:1@0+1000"
        );
    }

    #[test]
    fn removing_cuts() {
        let mut mm = mm();
        insert(&mut mm, file(0x1000, 0x6000, 0)).unwrap();
        remove(&mut mm, 0x3000, 0x4000).unwrap();
        assert_eq!(show(&mm), "1000-3000:1@0+2000 4000-6000:1@3000+2000");
        remove(&mut mm, 0, 0x2000).unwrap();
        assert_eq!(show(&mm), "2000-3000:1@1000+1000 4000-6000:1@3000+2000");
        remove(&mut mm, 0x2000, 0x9000).unwrap();
        assert_eq!(show(&mm), "");
    }

    #[test]
    fn a_full_table_changes_nothing() {
        let mut mm = mm();
        for n in 0..VMAS as u64 {
            insert(
                &mut mm,
                anon(0x10000 * (n + 1), 0x10000 * (n + 1) + 0x3000, 3),
            )
            .unwrap();
        }
        let before = mm;
        assert_eq!(insert(&mut mm, anon(0x1000, 0x2000, 3)), Err(Errno::ENOMEM));
        assert_eq!(remove(&mut mm, 0x11000, 0x12000), Err(Errno::ENOMEM));
        assert_eq!(protect(&mut mm, 0x11000, 0x12000, 1), Err(Errno::ENOMEM));
        assert_eq!(mm, before);
    }

    #[test]
    fn protection_changes_a_middle() {
        let mut mm = mm();
        insert(&mut mm, anon(0x1000, 0x6000, 3)).unwrap();
        protect(&mut mm, 0x2000, 0x3000, 0).unwrap();
        assert_eq!(show(&mm), "1000-2000:3@0+0 2000-3000:0@0+0 3000-6000:3@0+0");
        protect(&mut mm, 0x2000, 0x3000, 3).unwrap();
        assert_eq!(show(&mm), "1000-6000:3@0+0");
        assert_eq!(protect(&mut mm, 0x5000, 0x8000, 1), Err(Errno::ENOMEM));
    }

    #[test]
    fn gaps_are_found_from_the_top() {
        let mut mm = mm();
        assert_eq!(find_gap(&mm, 0x1000, 0x10_0000), Some(0xf_f000));
        insert(&mut mm, anon(0xe_0000, 0xf_0000, 3)).unwrap();
        insert(&mut mm, anon(0xf_8000, 0xf_c000, 3)).unwrap();
        assert_eq!(find_gap(&mm, 0x4000, 0x10_0000), Some(0xf_c000));
        assert_eq!(find_gap(&mm, 0x8000, 0x10_0000), Some(0xf_0000));
        assert_eq!(find_gap(&mm, 0x9000, 0x10_0000), Some(0xd_7000));
        assert_eq!(find_gap(&mm, 0x10_0000, 0x10_0000), None);
    }

    #[test]
    fn only_a_stack_grows() {
        let mut mm = mm();
        insert(
            &mut mm,
            Vma {
                kind: vma::STACK,
                ..anon(0x8_0000, 0x9_0000, 3)
            },
        )
        .unwrap();
        insert(&mut mm, anon(0x2_0000, 0x3_0000, 3)).unwrap();
        assert_eq!(growable_stack(&mm, 0x7_fff8, 0x4_0000), Some(1));
        assert_eq!(growable_stack(&mm, 0x5_0000, 0x4_0000), Some(1));
        assert_eq!(growable_stack(&mm, 0x4_fff8, 0x4_0000), None);
        assert_eq!(growable_stack(&mm, 0x1_0000, 0x4_0000), None);
        assert_eq!(growable_stack(&mm, 0x9_0000, 0x4_0000), None);
    }
}

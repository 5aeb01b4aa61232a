//! From the firmware's ELF file to the bytes of the ROM chip.

/// The ROM's size: the last 64 KiB below 4 GiB, seen a second time below 1 MiB.
const SIZE: usize = 0x1_0000;

/// Lays the loadable segments where they belong in the ROM. A file that is no ELF is taken as
/// the ROM itself.
///
/// # Errors
/// A file that is damaged, a segment outside the ROM, or a ROM of another size.
pub fn flatten(file: &[u8]) -> Result<Vec<u8>, String> {
    if !file.starts_with(b"\x7fELF\x02\x01") && !file.starts_with(b"\x7fELF\x01\x01") {
        return match file.len() {
            SIZE => Ok(file.to_vec()),
            other => Err(format!("the ROM has {other} bytes, and must have {SIZE}")),
        };
    }
    let wide = file[4] == 2;
    let field = |at: usize, len: usize| -> Result<u64, String> {
        let bytes = file.get(at..at + len).ok_or("the ELF file is cut short")?;
        Ok(bytes
            .iter()
            .rev()
            .fold(0, |sum, &byte| sum << 8 | u64::from(byte)))
    };
    // Offsets of e_phoff, e_phentsize and e_phnum, then of p_offset, p_paddr and p_filesz: ELF-64
    // and ELF-32 order them differently (System V ABI, chapters 4 and 5).
    let (header, width, segment) = if wide {
        ([0x20, 0x36, 0x38], 8, [8, 24, 32])
    } else {
        ([0x1c, 0x2a, 0x2c], 4, [4, 12, 16])
    };
    let first = field(header[0], width)? as usize;
    let stride = field(header[1], 2)? as usize;
    let mut rom = vec![0; SIZE];
    for index in 0..field(header[2], 2)? as usize {
        let at = first + index * stride;
        const PT_LOAD: u64 = 1;
        let len = field(at + segment[2], width)? as usize;
        if field(at, 4)? != PT_LOAD || len == 0 {
            continue;
        }
        let from = field(at + segment[0], width)? as usize;
        let address = field(at + segment[1], width)?;
        let bytes = file.get(from..from + len).ok_or("a segment is cut short")?;
        let inside = matches!(address, 0xf_0000..=0xf_ffff | 0xffff_0000..=0xffff_ffff);
        let to = (address & 0xffff) as usize;
        if !inside || to + len > SIZE {
            return Err(format!(
                "a segment of {len} bytes at {address:#x} is outside the ROM"
            ));
        }
        rom[to..to + len].copy_from_slice(bytes);
    }
    Ok(rom)
}

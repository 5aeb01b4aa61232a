//! What is written into control files, read strictly.

use crate::cgroup::MAX;
use abi::Errno;

/// Checks the name of a new group.
///
/// # Errors
/// EINVAL for one with a newline (it would break /proc/PID/cgroup), ENAMETOOLONG beyond what
/// the table holds, EEXIST for the name of a control file.
pub fn check_name(name: &[u8]) -> Result<(), Errno> {
    if name.contains(&b'\n') {
        return Err(Errno::EINVAL);
    }
    if name.len() > 31 {
        return Err(Errno::ENAMETOOLONG);
    }
    let control = [b"cgroup.".as_slice(), b"pids.", b"memory.", b"cpu."];
    if control.iter().any(|prefix| name.starts_with(prefix)) {
        return Err(Errno::EEXIST);
    }
    Ok(())
}

/// A whole number.
///
/// # Errors
/// EINVAL.
pub fn number(text: &str) -> Result<u64, Errno> {
    text.trim().parse().map_err(|_| Errno::EINVAL)
}

/// A number or "max".
///
/// # Errors
/// EINVAL.
pub fn number_or_max(text: &str) -> Result<u64, Errno> {
    match text.trim() {
        "max" => Ok(MAX),
        number => number.parse().map_err(|_| Errno::EINVAL),
    }
}

/// An amount of memory: "max", or bytes with K, M or G for powers of 1024, rounded down to
/// pages (cgroup-v2.rst says up; Linux rounds down).
///
/// # Errors
/// EINVAL.
pub fn memory(text: &str) -> Result<u64, Errno> {
    let text = text.trim();
    if text == "max" {
        return Ok(MAX);
    }
    let shift = match text.as_bytes().last() {
        Some(b'k' | b'K') => 10,
        Some(b'm' | b'M') => 20,
        Some(b'g' | b'G') => 30,
        _ => 0,
    };
    let digits = if shift > 0 {
        &text[..text.len() - 1]
    } else {
        text
    };
    let value: u64 = digits.parse().map_err(|_| Errno::EINVAL)?;
    let bytes = value.checked_mul(1 << shift).ok_or(Errno::EINVAL)?;
    Ok(bytes & !4095)
}

/// "+cpu -pids …" as bits to set and to clear; later words win.
///
/// # Errors
/// EINVAL for an unknown name or one without a sign.
pub fn subtree_control(text: &str, known: &[(u32, &str)]) -> Result<(u32, u32), Errno> {
    let (mut set, mut clear) = (0, 0);
    for word in text.split_ascii_whitespace() {
        let (on, name) = match word.split_at_checked(1) {
            Some(("+", name)) => (true, name),
            Some(("-", name)) => (false, name),
            _ => return Err(Errno::EINVAL),
        };
        let &(bit, _) = known
            .iter()
            .find(|(_, n)| *n == name)
            .ok_or(Errno::EINVAL)?;
        if on {
            set |= bit;
            clear &= !bit;
        } else {
            clear |= bit;
            set &= !bit;
        }
    }
    Ok((set, clear))
}

/// cpu.max: "QUOTA PERIOD", "QUOTA" or "max …", in microseconds; a period that is left out
/// stays `period`.
///
/// # Errors
/// EINVAL for less than a millisecond, or a period of more than a second.
pub fn cpu_max(text: &str, period: u64) -> Result<(u64, u64), Errno> {
    let mut words = text.split_ascii_whitespace();
    let quota = number_or_max(words.next().ok_or(Errno::EINVAL)?)?;
    let period = words.next().map_or(Ok(period), number)?;
    if words.next().is_some() || quota < 1000 || !(1000..=1_000_000).contains(&period) {
        return Err(Errno::EINVAL);
    }
    Ok((quota, period))
}

/// cpu.weight.
///
/// # Errors
/// EINVAL; ERANGE outside 1 to 10000.
pub fn cpu_weight(text: &str) -> Result<u64, Errno> {
    let weight = number(text)?;
    if !(1..=10_000).contains(&weight) {
        return Err(Errno::ERANGE);
    }
    Ok(weight)
}

#[cfg(test)]
mod tests {
    use super::*;
    use Errno::*;

    #[test]
    fn names() {
        assert_eq!(check_name(b"web"), Ok(()));
        assert_eq!(check_name(b"a\nb"), Err(EINVAL));
        assert_eq!(check_name(b"memory.max"), Err(EEXIST));
        assert_eq!(check_name(&[b'n'; 32]), Err(ENAMETOOLONG));
    }

    #[test]
    fn memory_amounts() {
        for (text, value) in [
            ("max\n", Ok(MAX)),
            ("8M", Ok(8 << 20)),
            ("5000", Ok(4096)),
            ("1g\n", Ok(1 << 30)),
            ("4k", Ok(4096)),
            ("-1", Err(EINVAL)),
            ("", Err(EINVAL)),
            ("K", Err(EINVAL)),
            ("99999999999999999999", Err(EINVAL)),
            ("9999999999999G", Err(EINVAL)),
        ] {
            assert_eq!(memory(text), value, "{text:?}");
        }
    }

    #[test]
    fn control() {
        let known = [(1, "cpu"), (2, "memory"), (4, "pids")];
        let read = |text| subtree_control(text, &known);
        assert_eq!(read("+cpu +pids\n"), Ok((5, 0)));
        assert_eq!(read("+cpu -cpu"), Ok((0, 1)));
        assert_eq!(read("cpu"), Err(EINVAL));
        assert_eq!(read("+disk"), Err(EINVAL));
        assert_eq!(read("+"), Err(EINVAL));
        assert_eq!(read(""), Ok((0, 0)));
    }

    #[test]
    fn cpu_files() {
        assert_eq!(cpu_max("20000 100000\n", 1), Ok((20000, 100_000)));
        assert_eq!(cpu_max("50000", 200_000), Ok((50000, 200_000)));
        assert_eq!(cpu_max("max", 100_000), Ok((MAX, 100_000)));
        assert_eq!(cpu_max("999 100000", 1), Err(EINVAL));
        assert_eq!(cpu_max("5000 1000001", 1), Err(EINVAL));
        assert_eq!(cpu_max("1 2 3", 1), Err(EINVAL));
        assert_eq!(cpu_max("", 1), Err(EINVAL));
        assert_eq!(cpu_weight("100"), Ok(100));
        assert_eq!(cpu_weight("0"), Err(ERANGE));
        assert_eq!(cpu_weight("10001"), Err(ERANGE));
        assert_eq!(cpu_weight("x"), Err(EINVAL));
    }
}

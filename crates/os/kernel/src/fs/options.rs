//! Options of mount(2): words with commas between (tmpfs(5)).

/// The `size` option of a tmpfs in bytes, if it is there and makes sense: a number with k, m, g,
/// or a percentage of memory. Zero means no limit, which is all of memory.
pub fn tmpfs_size(options: &[u8], memory_bytes: u64) -> Option<u64> {
    let text = core::str::from_utf8(options).ok()?;
    let value = text
        .split(',')
        .find_map(|word| word.strip_prefix("size="))?;
    let unit = value.bytes().last()?;
    let digits = value.trim_end_matches(|c: char| !c.is_ascii_digit());
    if value.len() - digits.len() > 1 {
        return None;
    }
    let number: u64 = digits.parse().ok()?;
    let bytes = match unit {
        b'%' => memory_bytes.checked_mul(number)? / 100,
        b'k' | b'K' => number.checked_mul(1 << 10)?,
        b'm' | b'M' => number.checked_mul(1 << 20)?,
        b'g' | b'G' => number.checked_mul(1 << 30)?,
        _ => number,
    };
    Some(if bytes == 0 {
        memory_bytes
    } else {
        bytes.min(memory_bytes)
    })
}

#[cfg(test)]
mod tests {
    use super::tmpfs_size;

    #[test]
    fn sizes() {
        for (text, size) in [
            ("size=64k", Some(65536)),
            ("mode=755,size=1m", Some(1 << 20)),
            ("size=50%", Some(32 << 20)),
            ("size=4096", Some(4096)),
            ("size=0", Some(64 << 20)),
            ("size=9g", Some(64 << 20)),
            ("size=", None),
            ("size=5kb", None),
            ("size=99999999999999999999g", None),
            ("mode=755", None),
        ] {
            assert_eq!(tmpfs_size(text.as_bytes(), 64 << 20), size, "{text}");
        }
    }
}

//! UTS namespaces: the hostname (uts_namespaces(7)). The smallest namespace there is, and so
//! the best one to read first.

use crate::Result;
use crate::kernel::Kernel;
use crate::mm::user;
use crate::ns;
use crate::task::current;
use abi::Errno;
use objects::kernel::UtsNs;
use objects::{name, text};
use zerocopy::FromZeros;

/// Longest hostname.
const MAX: u64 = 64;
/// Field width in `struct new_utsname`.
const FIELD: usize = 65;

/// A copy of `from` with one reference.
///
/// # Errors
/// ENOSPC.
pub fn copy(k: &mut Kernel, from: u32) -> Result<u32> {
    let id = k
        .uts_ns
        .iter()
        .position(|n| n.refs == 0)
        .ok_or(Errno::ENOSPC)?;
    let inum = ns::new_inum(k);
    k.uts_ns[id] = UtsNs {
        refs: 1,
        inum,
        ..k.uts_ns[from as usize]
    };
    Ok(id as u32)
}

/// One reference less; the last one frees it.
pub fn release(k: &mut Kernel, id: u32) {
    let row = &mut k.uts_ns[id as usize];
    row.refs -= 1;
    if row.refs == 0 {
        *row = UtsNs::new_zeroed();
    }
}

/// The UTS namespace of the running task.
pub fn own(k: &Kernel) -> usize {
    k.nsproxies[k.tasks[current(k)].nsproxy as usize].uts as usize
}

/// sethostname(2).
pub fn sethostname(k: &mut Kernel, address: u64, len: u64) -> Result {
    let new = read_name(k, address, len)?;
    let own = own(k);
    k.uts_ns[own].nodename = new;
    Ok(0)
}

/// setdomainname(2).
pub fn setdomainname(k: &mut Kernel, address: u64, len: u64) -> Result {
    let new = read_name(k, address, len)?;
    let own = own(k);
    k.uts_ns[own].domainname = new;
    Ok(0)
}

fn read_name(k: &mut Kernel, address: u64, len: u64) -> Result<[u8; 72]> {
    if len > MAX {
        return Err(Errno::EINVAL);
    }
    let mut bytes = [0; MAX as usize];
    user::read(k, address, &mut bytes[..len as usize])?;
    Ok(name(&bytes[..len as usize]))
}

/// Kernel release, as uname and /proc/version tell it: the Linux whose rules we follow.
pub const RELEASE: &str = "6.1.0-ringside";

/// uname(2): six fields of 65 bytes.
pub fn uname(k: &mut Kernel, buf: u64) -> Result {
    let own = k.uts_ns[own(k)];
    let fields = [
        "Linux",
        text(&own.nodename),
        RELEASE,
        "#1",
        "x86_64",
        text(&own.domainname),
    ];
    let mut out = [0; FIELD * 6];
    for (n, field) in fields.iter().enumerate() {
        out[n * FIELD..n * FIELD + field.len()].copy_from_slice(field.as_bytes());
    }
    user::write(k, buf, &out)?;
    Ok(0)
}

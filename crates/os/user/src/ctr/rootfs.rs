//! The container's file system: its own root, out of a directory.

use crate::files::make_dirs;
use crate::trouble::{Trouble, at};
use abi::fs::mount::{MNT_DETACH, MS_BIND, MS_NODEV, MS_NOEXEC, MS_NOSUID, MS_PRIVATE, MS_REC};
use alloc::format;
use metal::user::fs;

/// Makes `image` the root directory of this process's mount namespace, which must be its own.
///
/// `chroot` would not do: it only changes where names begin, and a process with the right to
/// `chroot` again walks out of it. After `pivot_root` there is no old root to walk to.
///
/// # Errors
/// The step that failed, and why.
pub fn enter(image: &str) -> Result<(), Trouble> {
    // What we mount from here on must not appear in the namespace that we come from.
    fs::mount("none", "/", "", MS_REC | MS_PRIVATE, "").map_err(at("make / private"))?;
    // pivot_root wants a mount point, and a directory becomes one by being mounted on itself.
    fs::mount(image, image, "", MS_BIND | MS_REC, "").map_err(at(format!("bind {image}")))?;

    let proc = format!("{image}/proc");
    make_dirs(&proc).map_err(at(&proc))?;
    // A proc of its own, or `ps` would show the processes of the host: a proc mount belongs to
    // the pid namespace of whoever mounts it.
    fs::mount("proc", &proc, "proc", MS_NOSUID | MS_NODEV | MS_NOEXEC, "").map_err(at(&proc))?;
    let dev = format!("{image}/dev");
    make_dirs(&dev).map_err(at(&dev))?;
    fs::mount("/dev", &dev, "", MS_BIND | MS_REC, "").map_err(at(&dev))?;
    let tmp = format!("{image}/tmp");
    make_dirs(&tmp).map_err(at(&tmp))?;
    fs::mount("tmpfs", &tmp, "tmpfs", MS_NOSUID | MS_NODEV, "").map_err(at(&tmp))?;

    // The new root and the place for the old one are the same directory: the old root ends up
    // mounted over the new one, and taking it away is the next step (pivot_root(2), NOTES).
    fs::chdir(image).map_err(at(image))?;
    fs::pivot_root(".", ".").map_err(at(format!("pivot_root {image}")))?;
    fs::umount2(".", MNT_DETACH).map_err(at("unmount the old root"))?;
    fs::chdir("/").map_err(at("/"))
}

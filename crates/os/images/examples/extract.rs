//! Writes the guests' files into a directory, for machines started by hand:
//!
//! ```text
//! cargo run -p images --example extract -- /tmp/guests
//! qemu-system-x86_64 -cpu qemu64,+smep -m 64 -nographic -no-reboot \
//!     -kernel /tmp/guests/kernel -initrd /tmp/guests/initramfs.cpio -append console=ttyS0
//! ```

use std::path::PathBuf;
use std::{env, fs, io};

fn main() -> io::Result<()> {
    let to = PathBuf::from(env::args_os().nth(1).unwrap_or("guests".into()));
    fs::create_dir_all(&to)?;
    for (name, bytes) in [
        ("firmware.rom", images::FIRMWARE),
        ("hypervisor", images::HYPERVISOR),
        ("kernel", images::KERNEL),
        ("user", images::USER),
        ("initramfs.cpio", images::INITRAMFS),
    ] {
        let path = to.join(name);
        fs::write(&path, bytes)?;
        println!("{:>9} {}", bytes.len(), path.display());
    }
    Ok(())
}

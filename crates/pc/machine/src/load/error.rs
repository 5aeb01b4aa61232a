//! [`Error`]: why an image cannot be loaded, in words that name what and where.

use std::fmt;

/// Why a machine cannot be made.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Error {
    /// Too little or too much memory.
    RamSize {
        /// What was asked for.
        ram_mib: u32,
    },
    /// The boot needs the firmware, and there is none.
    NoFirmware,
    /// The firmware or ROM has a size that the chip does not have.
    RomSize {
        /// Its size.
        bytes: usize,
    },
    /// The file is no ELF executable that can be loaded.
    Elf(elf::Error),
    /// An ELF file for another machine.
    Machine {
        /// The ELF number of that machine.
        number: u16,
    },
    /// An ELF file with nothing to load.
    Empty,
    /// A piece of the image belongs where no memory is, or where the loader's own data stands.
    Outside {
        /// What.
        what: &'static str,
        /// Its physical address.
        at: u64,
        /// Its size.
        bytes: u64,
        /// MiB of memory.
        ram_mib: u64,
    },
    /// No PVH note: no 32-bit entry.
    NoPvhNote,
    /// No Multiboot header in the first 8192 bytes.
    NoMultibootHeader,
    /// The Multiboot header wants something that is not offered.
    MultibootFlags {
        /// The flags that it sets and must not.
        flags: u32,
        /// Offset of the header in the file.
        at: usize,
    },
    /// The Multiboot header's addresses contradict each other or the file.
    MultibootAddresses {
        /// How.
        why: &'static str,
        /// Offset of the header in the file.
        at: usize,
    },
    /// No bzImage.
    NotLinux,
    /// A bzImage that is too old.
    LinuxVersion {
        /// Its protocol, major number in the high byte.
        version: u16,
    },
    /// The modules do not fit.
    NoRoom {
        /// Bytes of all of them.
        bytes: u64,
        /// MiB of memory.
        ram_mib: u64,
    },
    /// Command lines and tables do not fit into low memory.
    TooManyWords,
    /// A boot sector has 512 bytes.
    BootSectorSize {
        /// How many this one has.
        bytes: usize,
    },
    /// A boot sector ends in 55 AA.
    BootSectorSignature {
        /// In what this one ends.
        found: [u8; 2],
    },
}

impl From<elf::Error> for Error {
    fn from(error: elf::Error) -> Self {
        Self::Elf(error)
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::RamSize { ram_mib } => {
                write!(f, "{ram_mib} MiB of memory: it must be 1 to 3072")
            }
            Self::NoFirmware => f.write_str("this boot needs the firmware, and none was given"),
            Self::RomSize { bytes } => {
                write!(f, "the ROM has {bytes} bytes; the chip holds 65536")
            }
            Self::Elf(why) => why.fmt(f),
            Self::Machine { number } => {
                write!(
                    f,
                    "the ELF file is for machine {number}, and this is an x86 (3 or 62)"
                )
            }
            Self::Empty => f.write_str("the ELF file has no segment to load"),
            Self::Outside {
                what,
                at,
                bytes,
                ram_mib,
            } => write!(
                f,
                "{what} of {bytes} bytes at {at:#x} does not lie in free memory \
                 (0x8000..0x9fc00 and 0x100000..{:#x})",
                ram_mib << 20
            ),
            Self::NoPvhNote => {
                f.write_str("the ELF file has no PVH note (Xen, type 18), so no 32-bit entry")
            }
            Self::NoMultibootHeader => {
                f.write_str("there is no Multiboot header in the first 8192 bytes of the file")
            }
            Self::MultibootFlags { flags, at } => write!(
                f,
                "the Multiboot header at offset {at:#x} demands features {flags:#x}, \
                 which do not exist here"
            ),
            Self::MultibootAddresses { why, at } => {
                write!(f, "the Multiboot header at offset {at:#x}: {why}")
            }
            Self::NotLinux => f.write_str(
                "this is no bzImage: \"HdrS\" at offset 0x202 and the code behind it are missing",
            ),
            Self::LinuxVersion { version } => write!(
                f,
                "the bzImage speaks boot protocol {}.{:02}; 2.10 is the oldest that will do",
                version >> 8,
                version & 0xff
            ),
            Self::NoRoom { bytes, ram_mib } => {
                write!(
                    f,
                    "{bytes} bytes of modules do not fit into {ram_mib} MiB of memory"
                )
            }
            Self::TooManyWords => {
                f.write_str("command lines and module lists take more than 24 KiB")
            }
            Self::BootSectorSize { bytes } => {
                write!(f, "a boot sector has 512 bytes, and this one {bytes}")
            }
            Self::BootSectorSignature { found: [a, b] } => {
                write!(
                    f,
                    "a boot sector ends in 55 aa, and this one in {a:02x} {b:02x}"
                )
            }
        }
    }
}

impl std::error::Error for Error {}

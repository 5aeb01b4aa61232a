//! [`Guests`]: the images that run inside, with their symbols.

use inspect::Image;

/// Our images' symbol tables, parsed once.
pub struct Guests {
    /// The kernel's.
    pub kernel: Image,
    /// The hypervisor's.
    pub hypervisor: Image,
    /// The multi-call user program's.
    pub user: Image,
}

impl Guests {
    /// Parses the images that are built in.
    pub fn load() -> Self {
        Self {
            kernel: Image::parse(images::KERNEL),
            hypervisor: Image::parse(images::HYPERVISOR),
            user: Image::parse(images::USER),
        }
    }
}

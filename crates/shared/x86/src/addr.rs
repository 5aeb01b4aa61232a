//! Addresses, one type a side.
//!
//! In the hypervisor a guest-physical address is a `Gpa` and a host-physical one an
//! `Hpa`: both are [`PhysAddr`] here, and the code that handles two levels at once wraps
//! them once more ([`Gpa`], [`Gva`]).

use core::fmt;

macro_rules! address {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
        #[repr(transparent)]
        pub struct $name(pub u64);

        impl $name {
            /// The address `bytes` further on; wraps as the hardware does.
            pub const fn add(self, bytes: u64) -> Self {
                Self(self.0.wrapping_add(bytes))
            }
            /// The address of the 4-KiB page that holds this one.
            pub const fn page(self) -> Self {
                Self(self.0 & !0xfff)
            }
            /// The offset inside the 4-KiB page, 0..=4095.
            pub const fn offset(self) -> u64 {
                self.0 & 0xfff
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, concat!(stringify!($name), "({:#x})"), self.0)
            }
        }

        impl fmt::LowerHex for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                fmt::LowerHex::fmt(&self.0, f)
            }
        }
    };
}

address!(
    /// A physical address: what leaves the MMU. Inside a VM this is what the *host* sees.
    PhysAddr
);
address!(
    /// A virtual (linear) address: what enters the MMU.
    VirtAddr
);
address!(
    /// A guest-physical address: what a guest believes to be physical.
    Gpa
);
address!(
    /// A guest-virtual address.
    Gva
);

/// Whether `va` is canonical for 48-bit virtual addresses: bits 63..47 all alike
/// (APM vol. 2 §5.3.1).
pub const fn is_canonical(va: u64) -> bool {
    ((va as i64) << 16 >> 16) as u64 == va
}

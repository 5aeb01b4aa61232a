//! The guests as bytes: firmware, hypervisor, kernel and initramfs, cross-built by build.rs.

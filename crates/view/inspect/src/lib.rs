//! Reads the kernel's and hypervisor's objects out of emulated memory.

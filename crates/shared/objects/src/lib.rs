//! What the kernel and the hypervisor keep in memory, laid out for an outside reader.

//! The guests' only unsafe code: boot, ports, registers, traps, context switch.

//! The PC around the CPU: RAM, bus, devices, loaders, snapshots.

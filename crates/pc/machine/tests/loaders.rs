//! What the loaders leave in memory, what the firmware makes of it, and what they refuse.

mod guest;

use abi::boot::{MemoryRange, RAM, START_MAGIC, StartInfo};
use guest::file::{Elf, after, multiboot};
use guest::firmware::FIRMWARE;
use machine::{Boot, Config, Error, Machine, Module, Stopped};
use std::mem::{offset_of, size_of};

const AT: u64 = 0x10_0000;

fn new(boot: Boot<'_>) -> Result<Machine, Error> {
    Machine::new(Config {
        ram_mib: 4,
        firmware: Some(&FIRMWARE),
        boot,
    })
}

fn pvh<'a>(image: &'a [u8], modules: &'a [Module<'a>]) -> Boot<'a> {
    Boot::Pvh {
        image,
        modules,
        command_line: "console=ttyS0 quiet",
    }
}

fn multiboot1<'a>(image: &'a [u8], modules: &'a [Module<'a>]) -> Boot<'a> {
    Boot::Multiboot1 {
        image,
        modules,
        command_line: "debug",
    }
}

fn bytes(machine: &Machine, at: u64, count: usize) -> Vec<u8> {
    let mut bytes = vec![0; count];
    assert!(machine.peek(at, &mut bytes), "{at:#x} is memory");
    bytes
}

fn number(machine: &Machine, at: u64, size: usize) -> u64 {
    bytes(machine, at, size)
        .iter()
        .rev()
        .fold(0, |sum, byte| sum << 8 | u64::from(*byte))
}

fn text(machine: &Machine, at: u64) -> String {
    let bytes = bytes(machine, at, 64);
    let end = bytes
        .iter()
        .position(|byte| *byte == 0)
        .expect("a final zero");
    String::from_utf8_lossy(&bytes[..end]).into_owned()
}

/// Runs a guest that tells its registers: EAX, EBX, ESI.
fn registers(machine: &mut Machine) -> [u64; 3] {
    assert_eq!(machine.run(&mut (), 1_000_000), Stopped::Exited(85));
    let said = machine.debug_console().bytes();
    let word = |at: usize| {
        said[at..at + 4]
            .iter()
            .rev()
            .fold(0, |sum, b| sum << 8 | u64::from(*b))
    };
    [word(0), word(4), word(8)]
}

#[test]
fn a_pvh_kernel_gets_its_start_info() {
    let code = guest::tell_registers(AT);
    let image = Elf {
        pvh: Some(AT as u32),
        zeroes: 100,
        ..Elf::new(AT, &code)
    }
    .bytes();
    let modules = [
        Module::new(b"first module"),
        Module {
            bytes: b"second",
            command_line: "words",
        },
    ];
    let mut machine = new(pvh(&image, &modules)).expect("a good image");
    let [_, info, _] = registers(&mut machine);
    assert_eq!(
        machine.console(0).text(),
        "Ringside firmware: 4 MiB, PVH kernel at 00100000\r\n"
    );
    let field = |offset: usize, size| number(&machine, info + offset as u64, size);
    assert_eq!(
        field(offset_of!(StartInfo, magic), 4),
        u64::from(START_MAGIC)
    );
    assert_eq!(field(offset_of!(StartInfo, version), 4), 1);
    assert_eq!(field(offset_of!(StartInfo, modules), 4), 2);
    let command_line = field(offset_of!(StartInfo, command_line_at), 8);
    assert_eq!(text(&machine, command_line), "console=ttyS0 quiet");

    let row = size_of::<abi::boot::Module>() as u64;
    let first = field(offset_of!(StartInfo, modules_at), 8);
    for (index, module) in modules.iter().enumerate() {
        let field = |offset| number(&machine, first + index as u64 * row + offset as u64, 8);
        let at = field(offset_of!(abi::boot::Module, at));
        assert_eq!(at % 4096, 0);
        assert_eq!(
            field(offset_of!(abi::boot::Module, size)),
            module.bytes.len() as u64
        );
        assert_eq!(bytes(&machine, at, module.bytes.len()), module.bytes);
        match field(offset_of!(abi::boot::Module, command_line_at)) {
            0 => assert_eq!(module.command_line, ""),
            words => assert_eq!(text(&machine, words), module.command_line),
        }
    }

    let map = field(offset_of!(StartInfo, memory_map_at), 8);
    let usable: u64 = (0..field(offset_of!(StartInfo, memory_ranges), 4))
        .map(|index| map + index * size_of::<MemoryRange>() as u64)
        .filter(|at| {
            number(&machine, at + offset_of!(MemoryRange, kind) as u64, 4) == u64::from(RAM)
        })
        .map(|at| number(&machine, at + offset_of!(MemoryRange, size) as u64, 8))
        .sum();
    assert_eq!(usable, (4 << 20) - (0x10_0000 - 0x9_fc00));
}

#[test]
fn a_multiboot_kernel_gets_its_information() {
    let code = [multiboot(3, None), guest::tell_registers(AT + 12)].concat();
    let header = multiboot(
        0x1_0003,
        Some([AT as u32 + 64, AT as u32 + 64, 0, 0, AT as u32 + 96]),
    );
    let plain = after(64, [header, guest::tell_registers(AT + 96)].concat());
    let elf = |wide, machine| {
        // The entry is the first byte behind the header.
        let mut file = Elf {
            wide,
            machine,
            ..Elf::new(AT, &code)
        }
        .bytes();
        file[24] = 12;
        file
    };
    let modules = [Module {
        bytes: b"module",
        command_line: "its words",
    }];
    for image in [elf(false, 3), elf(true, 62), plain] {
        let mut machine = new(multiboot1(&image, &modules)).expect("a good image");
        let [magic, info, _] = registers(&mut machine);
        assert_eq!(magic, 0x2bad_b002);
        let field = |offset| number(&machine, info + offset, 4);
        assert_eq!(field(0), 0x24d);
        assert_eq!((field(4), field(8)), (639, 3 * 1024));
        assert_eq!(text(&machine, field(16)), "debug");
        assert_eq!(field(20), 1);
        let row = field(24);
        let [start, end, words] = [0, 4, 8].map(|offset| number(&machine, row + offset, 4));
        assert_eq!(bytes(&machine, start, (end - start) as usize), b"module");
        assert_eq!(text(&machine, words), "its words");
        assert_eq!(text(&machine, field(64)), "Ringside");
        assert_eq!(field(44) % 24, 0);
        assert_eq!(number(&machine, field(48), 4), 20);
    }
}

/// A bzImage that claims to unpack itself into 1 MiB at 2 MiB.
fn bz_image(code: &[u8], version: u16) -> Vec<u8> {
    let mut file = vec![0; 2 * 512];
    let mut put = |at: usize, bytes: &[u8]| file[at..at + bytes.len()].copy_from_slice(bytes);
    put(0x1f1, &[1]); // one sector of setup code
    put(0x201, &[0x66]);
    put(0x202, b"HdrS");
    put(0x206, &version.to_le_bytes());
    put(0x22c, &0x7fff_ffff_u32.to_le_bytes());
    put(0x238, &255_u32.to_le_bytes());
    put(0x258, &0x20_0000_u64.to_le_bytes());
    put(0x260, &0x10_0000_u32.to_le_bytes());
    [&file, code].concat()
}

#[test]
fn linux_gets_its_boot_params() {
    let image = bz_image(&guest::tell_registers(AT), 0x020f);
    let initrd = Some(&b"files"[..]);
    let boot = Boot::Linux {
        image: &image,
        initrd,
        command_line: "console=ttyS0",
    };
    let mut machine = new(boot).expect("a good image");
    let [_, ebx, params] = registers(&mut machine);
    assert_eq!(ebx, 0);
    assert_eq!(
        machine.console(0).text(),
        "Ringside firmware: 4 MiB, Linux at 00100000\r\n"
    );
    let field = |offset, size| number(&machine, params + offset, size);
    assert_eq!(bytes(&machine, params + 0x202, 4), b"HdrS");
    assert_eq!((field(0x210, 1), field(0x214, 4)), (0xff, AT));
    assert_eq!(text(&machine, field(0x228, 4)), "console=ttyS0");
    assert_eq!(
        bytes(&machine, field(0x218, 4), field(0x21c, 4) as usize),
        b"files"
    );
    assert_eq!((field(0x1e8, 1), field(0x2d0 + 60, 8)), (5, 0x10_0000));
    assert_eq!(
        (field(0x07, 1), field(0x0e, 1), field(0x0f, 1)),
        (80, 25, 1)
    );
}

#[test]
fn linux_refusals_name_what_and_where() {
    let refused = |image: &[u8], initrd: Option<&[u8]>| {
        refusal(Boot::Linux {
            image,
            initrd,
            command_line: "",
        })
    };
    let no_image =
        "this is no bzImage: \"HdrS\" at offset 0x202 and the code behind it are missing";
    assert_eq!(refused(&[0; 2000], None), no_image);
    assert_eq!(refused(&bz_image(&[], 0x020f), None), no_image);
    assert_eq!(
        refused(&bz_image(&[0xf4], 0x0203), None),
        "the bzImage speaks boot protocol 2.03; 2.10 is the oldest that will do"
    );
    assert_eq!(
        refused(&bz_image(&[0xf4], 0x020f), Some(&[0; (1 << 20) + 1])),
        "1048577 bytes of modules do not fit into 4 MiB of memory"
    );
}

#[test]
fn a_boot_sector_starts_with_a_few_services() {
    let mut machine = new(Boot::BootSector(&guest::boot_sector())).expect("a good sector");
    assert_eq!(machine.run(&mut (), 1_000_000), Stopped::Exited(83));
    let said = "Ringside firmware: 4 MiB, boot sector\r\nhi";
    assert_eq!(machine.console(0).text(), said);
    let screen = machine::screen::Screen::of(&machine);
    assert_eq!(
        screen.text()[..2],
        ["Ringside firmware: 4 MiB, boot sector", "hi"]
    );
    assert_eq!(screen.cursor, Some(82));
    assert_eq!(machine.devices().debug.post(), [1, 2, 3, 4, 5, 7]);
}

/// QEMU knows nothing of our loader, so what that leaves in memory is put there by hand.
#[test]
fn the_firmware_runs_on_qemu_too() {
    let rom = firmware_rom();
    let code = guest::tell_registers(AT);
    let record = [0x474e_4952u32, 2, AT as u32, 0x2bad_b002, 0x1234, 0x56].map(u32::to_le_bytes);
    let loaded = [(0x0f00, &record.concat()[..]), (AT, &code[..])];
    if let Some(qemu) = guest::qemu::run("firmware", &rom, &loaded) {
        let greeting = "Ringside firmware: 2 MiB, Multiboot kernel at 00100000\r\n";
        assert_eq!(String::from_utf8_lossy(&qemu.serial), greeting);
        assert_eq!(
            qemu.said,
            [0x02, 0xb0, 0xad, 0x2b, 0x34, 0x12, 0, 0, 0x56, 0, 0, 0]
        );
        assert_eq!(qemu.status, 85);
    }
}

/// The firmware as the bytes of a chip.
fn firmware_rom() -> Vec<u8> {
    let machine = new(Boot::BootSector(&guest::boot_sector())).expect("a good sector");
    bytes(&machine, 0xffff_0000, 0x1_0000)
}

/// The words with which this boot is refused.
fn refusal(boot: Boot<'_>) -> String {
    new(boot).err().expect("this must be refused").to_string()
}

#[test]
fn pvh_refusals_name_what_and_where() {
    let code = [0xf4; 16];
    let refused = |elf: Elf<'_>| refusal(pvh(&elf.bytes(), &[]));
    let at = |at, entry| Elf {
        pvh: Some(entry),
        ..Elf::new(at, &code)
    };
    let free = "does not lie in free memory (0x8000..0x9fc00 and 0x100000..0x400000)";
    assert_eq!(
        refusal(pvh(b"no ELF file", &[])),
        "ELF: the ELF magic is missing (at offset 0x0)"
    );
    assert_eq!(
        refused(Elf::new(AT, &code)),
        "the ELF file has no PVH note (Xen, type 18), so no 32-bit entry"
    );
    assert_eq!(
        refused(Elf {
            machine: 183,
            ..at(AT, 1)
        }),
        "the ELF file is for machine 183, and this is an x86 (3 or 62)"
    );
    assert_eq!(
        refused(at(0x4f_fff8, 1)),
        format!("a segment of 16 bytes at 0x4ffff8 {free}")
    );
    assert_eq!(
        refused(at(0x1000, 1)),
        format!("a segment of 16 bytes at 0x1000 {free}")
    );
    assert_eq!(
        refused(at(AT, 1)),
        format!("the entry point of 1 bytes at 0x1 {free}")
    );
    assert_eq!(
        refusal(pvh(
            &at(AT, AT as u32).bytes(),
            &[Module::new(&[0; 4_000_000])]
        )),
        "4000000 bytes of modules do not fit into 4 MiB of memory"
    );
}

#[test]
fn multiboot_refusals_name_what_and_where() {
    let refused = |file: Vec<u8>| refusal(multiboot1(&file, &[]));
    assert_eq!(
        refused(vec![0; 10_000]),
        "there is no Multiboot header in the first 8192 bytes of the file"
    );
    assert_eq!(
        refused(after(8, multiboot(0xb, None))),
        "the Multiboot header at offset 0x8 demands features 0x8, which do not exist here"
    );
    let addresses = |at, addresses| after(at, multiboot(0x1_0000, Some(addresses)));
    assert_eq!(
        refused(addresses(4, [0x10_0008, 0x10_0000, 0, 0, 0])),
        "the Multiboot header at offset 0x4: load_addr lies before the file's first byte"
    );
    assert_eq!(
        refused(addresses(0, [0x10_0000, 0x10_0000, 0x20_0000, 0, 0])),
        "the Multiboot header at offset 0x0: load_end_addr lies behind the file's last byte"
    );
}

#[test]
fn other_refusals_name_what_and_where() {
    let sector = |bytes| refusal(Boot::BootSector(bytes));
    assert_eq!(
        sector(&[1, 2, 3]),
        "a boot sector has 512 bytes, and this one 3"
    );
    assert_eq!(
        sector(&[0; 512]),
        "a boot sector ends in 55 aa, and this one in 00 00"
    );
    assert_eq!(
        refusal(Boot::Rom(&[0; 65537])),
        "the ROM has 65537 bytes; the chip holds 65536"
    );
    let without = |ram_mib, boot| {
        Machine::new(Config {
            ram_mib,
            firmware: None,
            boot,
        })
        .err()
    };
    assert_eq!(without(4, pvh(&[], &[])), Some(Error::NoFirmware));
    assert_eq!(
        without(0, Boot::Rom(&[0])),
        Some(Error::RamSize { ram_mib: 0 })
    );
}

/// No image may panic the loader, however broken.
#[test]
fn damaged_images_are_refused_or_loaded_but_never_fatal() {
    let code = [
        multiboot(0x1_0003, Some([AT as u32, AT as u32, 0, 0, AT as u32])),
        vec![0; 64],
    ];
    let image = Elf {
        pvh: Some(AT as u32),
        ..Elf::new(AT, &code.concat())
    }
    .bytes();
    let mut seed = 1u64;
    let mut refused = 0;
    for _ in 0..3000 {
        let mut broken = image.clone();
        for _ in 0..3 {
            seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
            let at = (seed >> 33) as usize % broken.len();
            broken[at] = [0, 0xff, 0x7f, (seed >> 56) as u8][(seed >> 20) as usize % 4];
        }
        broken.truncate((seed >> 8) as usize % (4 * image.len()));
        let linux = Boot::Linux {
            image: &broken,
            initrd: None,
            command_line: "",
        };
        for boot in [pvh(&broken, &[]), multiboot1(&broken, &[]), linux] {
            refused += u32::from(new(boot).is_err());
        }
    }
    assert!(refused > 500, "{refused}");
}

//! A moment is the same machine, whatever road led there: in one run or in many, through
//! snapshots, watched or not, in another process from a file.

mod guest;

use machine::{Boot, Config, Input, Machine, Moment, Snapshot};
use probe::{Recorder, Tracer};

/// A small deterministic source of choices.
struct Choices(u64);

impl Choices {
    fn below(&mut self, limit: u64) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0 % limit
    }
}

fn guests() -> [(&'static str, Vec<u8>); 2] {
    [
        ("busy and idle", guest::busy_and_idle()),
        ("forgetful", guest::forgetful()),
    ]
}

fn machine(rom: &[u8]) -> Machine {
    let config = Config {
        ram_mib: 2,
        firmware: None,
        boot: Boot::Rom(rom),
    };
    Machine::new(config).expect("a ROM of 64 KiB")
}

const TYPED: [(Moment, &[u8]); 3] = [(150_000, b"one"), (150_001, b"two"), (700_000, b"three")];
const END: Moment = 2_000_000;

/// Runs to `to`, typing what is to be typed on the way. `go` runs to a moment.
fn travel(machine: &mut Machine, to: Moment, mut go: impl FnMut(&mut Machine, Moment)) {
    for (at, bytes) in TYPED {
        if (machine.clock()..to).contains(&at) {
            go(machine, at);
            let bytes = bytes.to_vec();
            machine.input(at, &Input::Serial { uart: 0, bytes });
        }
    }
    go(machine, to);
}

fn straight(machine: &mut Machine, to: Moment) {
    machine.run(&mut (), to);
}

/// The straight road, in one run.
fn hash_at(rom: &[u8], at: Moment) -> u64 {
    let mut machine = machine(rom);
    travel(&mut machine, at, straight);
    machine.hash()
}

#[test]
fn the_guests_do_what_they_are_for() {
    let mut forgetful = machine(&guest::forgetful());
    travel(&mut forgetful, END, straight);
    let mut counts = [0; 24];
    assert!(forgetful.peek(0x520, &mut counts));
    let count = |at: usize| u64::from_le_bytes(counts[at..at + 8].try_into().expect("eight"));
    assert!(
        count(0) != 0 && count(8) > 1000 && count(16) > 1000,
        "{counts:x?}"
    );
    let mut busy = machine(&guest::busy_and_idle());
    travel(&mut busy, END, straight);
    assert_eq!(busy.console(0).text(), "onetwothree");
}

#[test]
fn any_slices_are_the_same_road() {
    for (name, rom) in guests() {
        let expected = hash_at(&rom, END);
        for longest in [1_000_000, 30_000, 700, 9] {
            let mut choices = Choices(longest);
            let mut machine = machine(&rom);
            let end = if longest < 100 { END / 10 } else { END };
            travel(&mut machine, end, |machine, to| {
                while machine.clock() < to {
                    let step = 1 + choices.below(longest);
                    machine.run(&mut (), (machine.clock() + step).min(to));
                    if choices.below(50) == 0 {
                        machine.hash(); // looking changes nothing
                    }
                }
            });
            let expected = if end == END {
                expected
            } else {
                hash_at(&rom, end)
            };
            assert_eq!(machine.hash(), expected, "{name}, slices up to {longest}");
        }
    }
}

#[test]
fn a_listener_changes_nothing() {
    for (name, rom) in guests() {
        let end = END / 4;
        let mut recorded = machine(&rom);
        travel(&mut recorded, end, |machine, to| {
            machine.run(&mut Recorder::default(), to);
        });
        assert_eq!(recorded.hash(), hash_at(&rom, end), "{name}, recorded");
        let mut traced = machine(&rom);
        let mut tracer = Tracer::default();
        travel(&mut traced, end, |machine, to| {
            machine.run(&mut tracer, to);
        });
        assert_eq!(traced.hash(), hash_at(&rom, end), "{name}, traced");
        let retired = tracer
            .events
            .iter()
            .filter(|(_, event)| matches!(event, probe::Event::Retire { .. }));
        assert_eq!(retired.count() as u64, traced.retired(), "{name}");
    }
}

#[test]
fn random_jumps_between_snapshots() {
    for (name, rom) in guests() {
        let mut choices = Choices(99);
        let mut machine = machine(&rom);
        let mut kept: Vec<(Moment, Snapshot, u64)> = vec![];
        for round in 0..120 {
            if round > 10 && choices.below(3) > 0 {
                let (at, snapshot, hash) = &kept[choices.below(kept.len() as u64) as usize];
                machine.restore(snapshot);
                assert_eq!((machine.clock(), machine.hash()), (*at, *hash), "{name}");
            }
            let here = machine.clock();
            travel(&mut machine, here + 1 + choices.below(40_000), straight);
            let (snapshot, hash) = (machine.snapshot(), machine.hash());
            assert_eq!(
                hash,
                hash_at(&rom, machine.clock()),
                "{name}, at {}",
                machine.clock()
            );
            kept.push((machine.clock(), snapshot, hash));
        }
    }
}

#[test]
fn a_snapshot_goes_through_a_file() {
    for (name, rom) in guests() {
        let mut first = machine(&rom);
        travel(&mut first, 400_000, straight);
        let file = first.snapshot().to_bytes();
        let snapshot = Snapshot::from_bytes(&file).expect("just written");
        assert_eq!(snapshot.clock(), first.clock());
        let mut second = Machine::from_snapshot(&snapshot);
        assert_eq!(second.hash(), first.hash(), "{name}");
        travel(&mut second, END, straight);
        assert_eq!(second.hash(), hash_at(&rom, END), "{name}");
        for cut in [0, 7, 11, 12, 100, file.len() - 1] {
            assert!(Snapshot::from_bytes(&file[..cut]).is_err());
        }
        let mut other = file.clone();
        other[8] += 1;
        let why = Snapshot::from_bytes(&other)
            .expect_err("another version")
            .to_string();
        assert_eq!(why, "the snapshot has format 2, this program reads 1");
    }
}

#[test]
fn snapshots_share_what_did_not_change() {
    let mut machine = machine(&guest::busy_and_idle());
    machine.run(&mut (), 1_000_000);
    let before = machine.snapshot();
    machine.run(&mut (), 1_300_000);
    let after = machine.snapshot();
    let pages = after.pages_beside(&before);
    assert!((1..20).contains(&pages), "{pages} pages in three ticks");
    let mut ticks = [0; 2];
    assert!(before.peek(0x500, &mut ticks));
    let early = u16::from_le_bytes(ticks);
    assert!(after.peek(0x500, &mut ticks));
    assert_eq!(u16::from_le_bytes(ticks), early + 3);
}

//! Software events: births, deaths and OOM kills, as differences between two scenes.
//!
//! No hardware event says that a process was born: it is the kernel's own idea. So two looks
//! at the kernel's tables are compared. What began has noted its own moment; what ended is
//! known to have ended between the two looks, and is told so.

use scene::{BoxKind, Happening, HappeningKind, Scene, StackBox, State};

/// What happened to boxes from `old` to `new`, oldest first.
pub fn between(old: &Scene, new: &Scene) -> Vec<Happening> {
    let mut told = Vec::new();
    for machine in &new.machines {
        let before = old.machines.iter().find(|it| it.id == machine.id);
        let Some(before) = before.filter(|it| it.moment <= machine.moment) else {
            continue;
        };
        let life = Life {
            machine: &machine.id,
            now: machine.moment,
            was: before.moment,
        };
        machine
            .stack
            .walk(&mut |this| match before.stack.find(&this.path) {
                None => told.extend(life.birth(this, &machine.stack)),
                Some(earlier) => told.extend(life.change(earlier, this)),
            });
        before.stack.walk(&mut |earlier| {
            if machine.stack.find(&earlier.path).is_none() {
                told.extend(life.death(earlier, &machine.stack));
            }
        });
    }
    told.sort_by_key(|happening| happening.moment);
    told
}

/// One machine between two looks.
struct Life<'a> {
    machine: &'a str,
    was: u64,
    now: u64,
}

impl Life<'_> {
    fn tell(
        &self,
        moment: u64,
        title: String,
        sentence: String,
        from: &str,
        to: &str,
    ) -> Happening {
        let (machine, kind) = (self.machine.to_owned(), HappeningKind::Life);
        Happening {
            moment,
            machine,
            kind,
            title,
            sentence,
            from: from.into(),
            to: to.into(),
        }
    }

    fn birth(&self, this: &StackBox, stack: &StackBox) -> Option<Happening> {
        let noun = noun(this.kind)?;
        let moment = this
            .since
            .filter(|since| *since <= self.now)
            .unwrap_or(self.now);
        let sentence = format!("{noun} {} began.", this.name);
        let title = format!("{} began", this.name);
        Some(self.tell(
            moment,
            title,
            sentence,
            parent(&this.path, stack),
            &this.path,
        ))
    }

    fn death(&self, earlier: &StackBox, stack: &StackBox) -> Option<Happening> {
        let noun = noun(earlier.kind)?;
        let Self { was, now, .. } = self;
        let sentence = format!("{noun} {} ended, between {was} and {now}.", earlier.name);
        let title = format!("{} ended", earlier.name);
        let to = parent(&earlier.path, stack);
        Some(self.tell(self.now, title, sentence, &earlier.path, to))
    }

    fn change(&self, earlier: &StackBox, this: &StackBox) -> Option<Happening> {
        let count = |it: &StackBox| {
            it.counts
                .iter()
                .find(|(name, _)| name == "OOM kills")
                .map_or(0, |(_, count)| *count)
        };
        if this.kind == BoxKind::Container && count(this) > count(earlier) {
            let title = format!("OOM kill in {}", this.name);
            let sentence = format!(
                "Container {} reached memory.max, and its kernel killed a process inside it.",
                this.name
            );
            return Some(self.tell(self.now, title, sentence, &this.path, &this.path));
        }
        let over = |it: &StackBox| matches!(it.state, State::Killed | State::Ended);
        if this.kind == BoxKind::Vm && over(this) && !over(earlier) {
            let title = format!("VM {} ended", this.name);
            let sentence = format!("Virtual machine {} ended: {}.", this.name, this.why);
            return Some(self.tell(self.now, title, sentence, &this.path, &this.path));
        }
        None
    }
}

fn noun(kind: BoxKind) -> Option<&'static str> {
    Some(match kind {
        BoxKind::Vm => "Virtual machine",
        BoxKind::Container => "Container",
        BoxKind::Process => "Process",
        _ => return None,
    })
}

/// The nearest box above a path that is there.
fn parent<'a>(path: &'a str, stack: &StackBox) -> &'a str {
    let mut path = path;
    while let Some((above, _)) = path.rsplit_once('/') {
        if stack.find(above).is_some() {
            return above;
        }
        path = above;
    }
    path
}

#[cfg(test)]
mod tests {
    use super::*;
    use scene::Machine;

    fn scene(moment: u64, processes: &[(&str, u64)]) -> Scene {
        let inside = processes
            .iter()
            .map(|(name, since)| StackBox {
                path: format!("pc/os/{name}"),
                kind: BoxKind::Process,
                name: (*name).into(),
                since: Some(*since),
                ..StackBox::default()
            })
            .collect();
        let stack = StackBox {
            path: "pc".into(),
            inside,
            ..StackBox::default()
        };
        Scene {
            machines: vec![Machine {
                id: "pc".into(),
                moment,
                stack,
                ..Machine::default()
            }],
        }
    }

    #[test]
    fn births_have_their_own_moment_and_deaths_a_bracket() {
        let told = between(&scene(10, &[("a", 1)]), &scene(20, &[("b", 15)]));
        let lines: Vec<_> = told
            .iter()
            .map(|it| (it.moment, it.sentence.as_str()))
            .collect();
        assert_eq!(
            lines,
            [
                (15, "Process b began."),
                (20, "Process a ended, between 10 and 20.")
            ]
        );
        assert_eq!(told[0].from, "pc");
        // Backwards in time nothing is born.
        assert_eq!(
            between(&scene(20, &[("b", 15)]), &scene(10, &[("a", 1)])),
            []
        );
    }
}

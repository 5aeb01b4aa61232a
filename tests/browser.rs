//! The page in a real browser: what a person does with it, and what they must then see.
//!
//! `cargo xtask test --only page --only chromium` builds the page and runs these. They find their
//! way by `data-testid`, never by looks.

use std::fs;

use promises::browser::{Browser, ENTER, dist};
use promises::native;
use xtask::serve::Server;
use xtask::workspace;

/// The scenarios that `ringside scenarios` names.
fn scenarios() -> Vec<String> {
    let list = native::printed(&["scenarios"]);
    // An id opens a line; what is indented tells about it.
    let lines = list.lines().filter(|line| !line.starts_with(' '));
    let ids: Vec<_> = lines
        .filter_map(|line| line.split_whitespace().next())
        .map(String::from)
        .collect();
    assert!(ids.len() >= 4, "ringside names its scenarios: {list}");
    ids
}

/// The moment at which a scenario is worth looking at, as its file says.
fn start_of(scenario: &str) -> u64 {
    let file = workspace::root().join(format!("scenarios/{scenario}.toml"));
    let text = fs::read_to_string(&file).unwrap_or_else(|why| panic!("{}: {why}", file.display()));
    let line = text.lines().find_map(|line| line.strip_prefix("start = "));
    let start = line.and_then(|digits| digits.replace('_', "").parse().ok());
    start.unwrap_or_else(|| panic!("{} has no start", file.display()))
}

/// A browser on the built page, served below a path.
struct Page {
    browser: Browser,
    server: Server,
}

impl Page {
    fn served_at(prefix: &str) -> Page {
        let server = Server::open(&dist(), 0, prefix).expect("a free port on localhost");
        Page {
            browser: Browser::open(),
            server,
        }
    }

    fn open(&self, query: &str) {
        self.browser.go(&format!("{}{query}", self.server.url()));
    }

    fn moment(&self) -> u64 {
        self.browser
            .attribute("moment", "data-moment")
            .parse()
            .unwrap_or(0)
    }

    fn hash(&self) -> String {
        self.browser.attribute("hash", "data-hash")
    }

    /// Opens a scenario at a moment and waits until it is there.
    #[track_caller]
    fn open_at(&self, scenario: &str, moment: u64) {
        let query = format!("?scenario={scenario}&moment={moment}");
        self.open(&query);
        // A known defect, cause not found: in one of three full runs the page stayed at "On the
        // way to moment 1". This reload hides it; take it out with the mend.
        for _ in 0..150 {
            if self.moment() == moment && !self.hash().is_empty() {
                return;
            }
            std::thread::sleep(std::time::Duration::from_millis(200));
        }
        self.open(&query);
        let what = format!("{scenario} is at {moment}");
        self.browser.until(&what, || {
            (self.moment() == moment && !self.hash().is_empty()).then_some(())
        });
    }

    fn url_has(&self, part: &str) -> bool {
        self.browser.url().contains(part)
    }

    /// The boxes of the picture: each one's path, and whether it is lit.
    fn boxes(&self) -> Vec<String> {
        let paths = self.browser.attributes("box", "data-path");
        let lit = self.browser.attributes("box", "data-lit");
        paths
            .iter()
            .zip(&lit)
            .map(|(path, lit)| format!("{path} {lit}"))
            .collect()
    }

    /// What the picture shows, as text: the boxes, and all that is written in it.
    fn picture(&self) -> String {
        format!(
            "{}\n{}",
            self.boxes().join("\n"),
            self.browser.text("stack")
        )
    }
}

#[test]
#[ignore = "needs dist/ and Chromium: cargo xtask test --only page --only chromium"]
fn each_scenario_opens_and_steps_both_ways() {
    let page = Page::served_at("/");
    for scenario in scenarios() {
        let start = start_of(&scenario);
        page.open_at(&scenario, start);
        assert!(
            page.browser.count("box") >= 8,
            "{scenario}: the stack is drawn"
        );

        page.browser.click("run");
        page.browser.until(&format!("{scenario} runs"), || {
            (page.moment() > start).then_some(())
        });
        page.browser.click("run");
        page.browser.until(&format!("{scenario} has stopped"), || {
            (!page.hash().is_empty()).then_some(())
        });

        // The next event, from wherever that was: perhaps amid a sleep, where no instruction ends.
        let (paused, picture) = (page.moment(), page.picture());
        page.browser.click("next-event");
        page.browser.until("at the next event", || {
            (page.moment() > paused && !page.hash().is_empty()).then_some(())
        });
        page.browser.until("the picture changes", || {
            (page.picture() != picture).then_some(())
        });
        assert!(
            page.browser.count("event-row") > 0,
            "{scenario}: events are listed"
        );

        let (here, hash, boxes) = (page.moment(), page.hash(), page.boxes());
        page.browser.click("step");
        page.browser.until("one step further", || {
            (page.moment() > here && !page.hash().is_empty()).then_some(())
        });
        assert_ne!(
            page.hash(),
            hash,
            "{scenario}: an instruction changes the machine"
        );

        page.browser.click("step-back");
        page.browser.until("back again", || {
            (page.moment() == here && !page.hash().is_empty()).then_some(())
        });
        assert_eq!(page.hash(), hash, "{scenario}: back is where it was");
        assert_eq!(page.boxes(), boxes, "{scenario}: and looks as it did");
    }
    page.browser.expect_no_errors();
}

#[test]
#[ignore = "needs dist/ and Chromium: cargo xtask test --only page --only chromium"]
fn a_command_typed_into_a_console_is_answered() {
    let page = Page::served_at("/");
    page.open("?scenario=containers");
    page.browser.find("console-input");
    page.browser.click("run");
    page.browser.until("a prompt", || {
        page.browser
            .text("console-text")
            .trim_end()
            .ends_with(['#', '$'])
            .then_some(())
    });
    page.browser
        .keys("console-input", &format!("echo polo{ENTER}"));
    // The command itself is echoed after the prompt; the answer is a line of its own.
    page.browser.until("the answer", || {
        page.browser
            .text("console-text")
            .lines()
            .any(|line| line.trim_end() == "polo")
            .then_some(())
    });
    page.browser.expect_no_errors();
}

/// The same Moment is the same machine, natively and in Wasm.
#[test]
#[ignore = "needs dist/ and Chromium: cargo xtask test --only page --only chromium"]
fn the_same_moment_is_the_same_machine_in_wasm_and_natively() {
    let page = Page::served_at("/");
    for scenario in scenarios() {
        let start = start_of(&scenario);
        for moment in [0, 1, 1_000, 3_000_001, start, start + 1_234_567] {
            page.open_at(&scenario, moment);
            let natively =
                native::printed(&["run", &scenario, "--moment", &moment.to_string(), "--hash"]);
            let natively = natively.split_whitespace().next_back().unwrap_or_default();
            assert_eq!(page.hash(), natively, "{scenario} at {moment}");
        }
    }
}

#[test]
#[ignore = "needs dist/ and Chromium: cargo xtask test --only page --only chromium"]
fn a_wrong_link_is_answered_and_the_page_works_on() {
    let page = Page::served_at("/");
    for (link, word) in [
        ("?scenario=nonesuch", "nonesuch"),
        ("?scenario=%3Cscript%3E", "<script>"),
        ("?scenario=vms&moment=soon", "soon"),
        ("?scenario=vms&colour=red", "colour"),
        ("?%=%ff&&&=", "link"),
    ] {
        page.open(link);
        page.browser
            .until(&format!("{link} is answered with {word:?}"), || {
                page.browser.text("message").contains(word).then_some(())
            });
        page.browser.click("scenario-containers");
        page.browser.until("another scenario opens", || {
            (page.url_has("scenario=containers") && page.browser.count("box") >= 3).then_some(())
        });
    }
    page.browser.expect_no_errors();
}

#[test]
#[ignore = "needs dist/ and Chromium: cargo xtask test --only page --only chromium"]
fn the_page_works_on_a_sub_path() {
    let page = Page::served_at("/courses/os/ringside/");
    page.open("?scenario=vms");
    page.browser.until("the stack is drawn", || {
        (page.browser.count("box") >= 3).then_some(())
    });
    page.browser.expect_no_errors();
}

/// The pictures are for people to look at; what is checked is that a phone needs no scrolling
/// sideways.
#[test]
#[ignore = "needs dist/ and Chromium: cargo xtask test --only page --only chromium"]
fn the_page_fits_every_window_in_light_and_dark() {
    let page = Page::served_at("/");
    for scenario in scenarios() {
        page.open_at(&scenario, start_of(&scenario));
        for (size, width, height) in [
            ("desktop", 1440, 900),
            ("projector", 1024, 768),
            ("phone", 360, 740),
        ] {
            page.browser.resize(width, height, size == "phone");
            for scheme in ["light", "dark"] {
                page.browser.prefer(scheme);
                page.browser
                    .screenshot(&format!("{scenario}-{size}-{scheme}"));
            }
            let too_wide = page.browser.script(
                "return document.documentElement.scrollWidth - document.documentElement.clientWidth",
                &[],
            );
            assert_eq!(
                too_wide, 0,
                "{scenario} on a {size}: pixels that are cut off"
            );
        }
    }
}

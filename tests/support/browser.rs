//! A browser on the page: finds things by their `data-testid`, waits for what must come, and says
//! what the page showed when it does not.

use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{Duration, Instant};
use std::{env, fs, process, thread};

use serde_json::{Value, json};
use xtask::{tools, workspace};

use crate::webdriver::{Element, WebDriver};

/// How long a thing may take to appear. An emulated machine boots in the meantime, on a machine
/// that may be slow, so this is long; what comes sooner is seen sooner.
const PATIENCE: Duration = Duration::from_secs(90);

/// The Enter key, as the protocol spells it.
pub const ENTER: &str = "\u{e007}";

/// A headless browser with an empty profile.
pub struct Browser {
    driver: WebDriver,
    // Dropped after the driver: a browser that still runs would make its folder anew.
    _profile: Folder,
}

/// A temporary folder that goes when dropped.
struct Folder(PathBuf);

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

impl Browser {
    /// Starts Chromium.
    #[track_caller]
    pub fn open() -> Browser {
        let chromium = tools::CHROMIUM.path().unwrap_or_else(|why| panic!("{why}"));
        let driver = tools::CHROMEDRIVER
            .path()
            .unwrap_or_else(|why| panic!("{why}"));
        let profile = fresh_folder();
        let mut switches: Vec<String> = [
            "--headless",
            // Tests run as root in containers, where Chromium's own sandbox does not start.
            "--no-sandbox",
            "--disable-dev-shm-usage",
            "--disable-gpu",
            "--disable-quic",
            "--no-first-run",
            "--disable-background-networking",
            "--disable-component-update",
            "--disable-sync",
            "--window-size=1280,900",
        ]
        .map(String::from)
        .into();
        switches.push(format!("--user-data-dir={}", profile.0.display()));
        Browser {
            driver: WebDriver::chromium(&driver, &chromium, &switches),
            _profile: profile,
        }
    }

    /// Goes to a URL.
    pub fn go(&self, url: &str) {
        self.driver.go(url);
    }

    /// Goes back, as with the browser's button.
    pub fn back(&self) {
        self.driver.back();
    }

    /// The address that the page shows.
    pub fn url(&self) -> String {
        self.driver.url()
    }

    /// Waits for an element with this `data-testid` and hands out the first.
    #[track_caller]
    pub fn find(&self, testid: &str) -> Element {
        self.until(&format!("{testid} is there"), || {
            self.driver.all(&selector(testid)).into_iter().next()
        })
    }

    /// How many elements have this `data-testid` now.
    pub fn count(&self, testid: &str) -> usize {
        self.driver.all(&selector(testid)).len()
    }

    /// Clicks on the element as soon as it is there and lets itself be clicked.
    #[track_caller]
    pub fn click(&self, testid: &str) {
        self.until(&format!("{testid} can be clicked"), || {
            self.driver
                .click(self.driver.all(&selector(testid)).first()?)
                .ok()
        });
    }

    /// Types into the element.
    #[track_caller]
    pub fn keys(&self, testid: &str, keys: &str) {
        let element = self.find(testid);
        self.driver
            .keys(&element, keys)
            .unwrap_or_else(|why| panic!("typing into {testid}: {why}"));
    }

    /// Text of the first element with this `data-testid`, as the page holds it; empty if there is
    /// none.
    pub fn text(&self, testid: &str) -> String {
        let text = self.driver.script(
            "return document.querySelector(arguments[0])?.textContent ?? ''",
            &[json!(selector(testid))],
        );
        text.as_str().unwrap_or_default().to_owned()
    }

    /// An attribute of the first element with this `data-testid`; empty if there is none.
    pub fn attribute(&self, testid: &str, name: &str) -> String {
        let value = self.driver.script(
            "return document.querySelector(arguments[0])?.getAttribute(arguments[1]) ?? ''",
            &[json!(selector(testid)), json!(name)],
        );
        value.as_str().unwrap_or_default().to_owned()
    }

    /// The same attribute of all elements with this `data-testid`, in the page's order.
    pub fn attributes(&self, testid: &str, name: &str) -> Vec<String> {
        let values = self.driver.script(
            "return [...document.querySelectorAll(arguments[0])].map(e => e.getAttribute(arguments[1]) ?? '')",
            &[json!(selector(testid)), json!(name)],
        );
        let values = values.as_array().cloned().unwrap_or_default();
        values
            .iter()
            .map(|value| value.as_str().unwrap_or_default().to_owned())
            .collect()
    }

    /// Runs JavaScript in the page.
    pub fn script(&self, body: &str, arguments: &[Value]) -> Value {
        self.driver.script(body, arguments)
    }

    /// Asks again and again until the answer is there; panics with `what` was waited for and what
    /// the page shows instead.
    #[track_caller]
    pub fn until<T>(&self, what: &str, mut answer: impl FnMut() -> Option<T>) -> T {
        let start = Instant::now();
        loop {
            if let Some(answer) = answer() {
                return answer;
            }
            if start.elapsed() > PATIENCE {
                panic!(
                    "waited {} s, but not: {what}\n{}",
                    PATIENCE.as_secs(),
                    self.what_is_shown()
                );
            }
            thread::sleep(Duration::from_millis(50));
        }
    }

    /// Turns the colour scheme that the reader prefers to `light` or `dark`.
    pub fn prefer(&self, scheme: &str) {
        let features = json!({"features": [{"name": "prefers-color-scheme", "value": scheme}]});
        self.driver
            .devtools("Emulation.setEmulatedMedia", &features);
    }

    /// Shows the page as in a window (or a telephone) of this many CSS pixels.
    pub fn resize(&self, width: u32, height: u32, telephone: bool) {
        let scale = if telephone { 2 } else { 1 };
        let metrics = json!({"width": width, "height": height, "deviceScaleFactor": scale, "mobile": telephone});
        self.driver
            .devtools("Emulation.setDeviceMetricsOverride", &metrics);
    }

    /// Saves what the window shows as `target/screenshots/NAME.png`.
    pub fn screenshot(&self, name: &str) {
        let folder = workspace::target()
            .expect("cargo knows its folder")
            .join("screenshots");
        fs::create_dir_all(&folder).expect("a folder for screenshots can be made");
        let png = from_base64(&self.driver.screenshot());
        fs::write(folder.join(format!("{name}.png")), png).expect("a screenshot can be written");
    }

    /// Panics if the page has written an error to the browser's console.
    #[track_caller]
    pub fn expect_no_errors(&self) {
        let errors: Vec<_> = self
            .driver
            .console()
            .into_iter()
            .filter(|(level, _)| level == "SEVERE")
            .collect();
        assert!(
            errors.is_empty(),
            "errors on the browser's console: {errors:#?}"
        );
    }

    fn what_is_shown(&self) -> String {
        let shown = self
            .driver
            .script("return document.body?.innerText ?? ''", &[]);
        let shown: String = shown
            .as_str()
            .unwrap_or_default()
            .chars()
            .take(3000)
            .collect();
        format!(
            "at {}\nconsole: {:?}\nthe page shows:\n{shown}",
            self.url(),
            self.driver.console()
        )
    }
}

/// CSS for a `data-testid`; whatever follows it in the text (` [data-lit]`) is CSS already.
fn selector(testid: &str) -> String {
    let (id, rest) = testid.split_at(testid.find([' ', '[', ':']).unwrap_or(testid.len()));
    format!("[data-testid=\"{id}\"]{rest}")
}

fn fresh_folder() -> Folder {
    static NEXT: AtomicU32 = AtomicU32::new(0);
    let name = format!(
        "ringside-browser-{}-{}",
        process::id(),
        NEXT.fetch_add(1, Ordering::Relaxed)
    );
    let folder = env::temp_dir().join(name);
    let _ = fs::remove_dir_all(&folder);
    fs::create_dir_all(&folder).expect("a temporary folder can be made");
    Folder(folder)
}

/// The built page; a test without it is told how to get it.
#[track_caller]
pub fn dist() -> PathBuf {
    let dist = workspace::dist();
    assert!(
        Path::new(&dist).join("index.html").is_file(),
        "there is no dist/: run `cargo xtask build` first"
    );
    dist
}

fn from_base64(text: &str) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(text.len() / 4 * 3);
    let (mut bits, mut count) = (0u32, 0);
    for byte in text.bytes() {
        let six = match byte {
            b'A'..=b'Z' => byte - b'A',
            b'a'..=b'z' => byte - b'a' + 26,
            b'0'..=b'9' => byte - b'0' + 52,
            b'+' => 62,
            b'/' => 63,
            _ => continue,
        };
        bits = bits << 6 | u32::from(six);
        count += 6;
        if count >= 8 {
            count -= 8;
            bytes.push((bits >> count) as u8);
        }
    }
    bytes
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn base64_is_read() {
        let cases = [
            ("", ""),
            ("TQ==", "M"),
            ("TWE=", "Ma"),
            ("TWFu", "Man"),
            ("UmluZ3NpZGU/", "Ringside?"),
        ];
        for (text, plain) in cases {
            assert_eq!(from_base64(text), plain.as_bytes(), "{text}");
        }
    }

    #[test]
    fn a_test_id_may_be_followed_by_css() {
        assert_eq!(selector("run"), "[data-testid=\"run\"]");
        assert_eq!(selector("box[data-lit]"), "[data-testid=\"box\"][data-lit]");
        assert_eq!(selector("stack text"), "[data-testid=\"stack\"] text");
    }
}

//! A WebDriver client in the size that these tests need: JSON over HTTP to a driver on localhost.
//!
//! The protocol is W3C WebDriver; what is Chromium's own (device emulation, the console log) is
//! marked so. A driver that answers with an error is a failed test, so calls return the value or
//! panic with what the driver said.

use std::fmt;
use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::thread;

use serde_json::{Value, json};

/// A running driver with one browser session; both end when dropped.
pub struct WebDriver {
    driver: Child,
    session: String,
}

/// The key under which the protocol hands out elements.
const ELEMENT: &str = "element-6066-11e4-a52e-4f735466cecf";

/// An element of the page, as the driver names it.
#[derive(Clone, Debug)]
pub struct Element(pub(crate) String);

/// What the driver answered instead of a value.
#[derive(Debug)]
pub struct Refused(String);

impl fmt::Display for Refused {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl WebDriver {
    /// Starts a ChromeDriver on a free port and a Chromium with these switches.
    pub fn chromium(driver: &Path, browser: &Path, switches: &[String]) -> WebDriver {
        let mut child = Command::new(driver)
            .arg("--port=0")
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap_or_else(|why| panic!("{} does not start: {why}", driver.display()));
        let mut lines = BufReader::new(child.stdout.take().expect("it is piped")).lines();
        let port = lines
            .by_ref()
            .map_while(Result::ok)
            .find_map(|line| port_in(&line))
            .expect("ChromeDriver says on which port it listens");
        // Whoever stops reading what a program prints stops the program, sooner or later.
        thread::spawn(move || lines.for_each(drop));

        let mut this = WebDriver {
            driver: child,
            session: format!("http://127.0.0.1:{port}/session"),
        };
        let capabilities = json!({"capabilities": {"alwaysMatch": {
            "browserName": "chrome",
            "goog:chromeOptions": {"binary": browser, "args": switches},
            "goog:loggingPrefs": {"browser": "ALL"},
        }}});
        let answer = this.post("", &capabilities);
        let id = answer["sessionId"].as_str().expect("a session has an id");
        this.session = format!("{}/{id}", this.session);
        this
    }

    /// Goes to a URL and waits until it is loaded.
    pub fn go(&self, url: &str) {
        self.post("/url", &json!({ "url": url }));
    }

    /// Goes back in the browser's history.
    pub fn back(&self) {
        self.post("/back", &json!({}));
    }

    /// The address of the page.
    pub fn url(&self) -> String {
        text(&self.get("/url"))
    }

    /// All elements that match a CSS selector, in the page's order.
    pub fn all(&self, css: &str) -> Vec<Element> {
        let found = self.post("/elements", &json!({"using": "css selector", "value": css}));
        let elements = found.as_array().expect("elements come as a list");
        elements
            .iter()
            .map(|element| Element(text(&element[ELEMENT])))
            .collect()
    }

    /// Clicks in the element's middle.
    pub fn click(&self, element: &Element) -> Result<(), Refused> {
        self.call(
            "POST",
            &format!("/element/{}/click", element.0),
            Some(&json!({})),
        )
        .map(drop)
    }

    /// Types into the element; `\u{e007}` is the Enter key.
    pub fn keys(&self, element: &Element, keys: &str) -> Result<(), Refused> {
        self.call(
            "POST",
            &format!("/element/{}/value", element.0),
            Some(&json!({"text": keys})),
        )
        .map(drop)
    }

    /// Runs JavaScript as a function's body with these `arguments` and hands back what it returns.
    pub fn script(&self, body: &str, arguments: &[Value]) -> Value {
        self.post("/execute/sync", &json!({"script": body, "args": arguments}))
    }

    /// A picture of what the window shows, as base64 of a PNG.
    pub fn screenshot(&self) -> String {
        text(&self.get("/screenshot"))
    }

    /// A command of Chromium's own devtools protocol.
    pub fn devtools(&self, command: &str, parameters: &Value) -> Value {
        self.post(
            "/goog/cdp/execute",
            &json!({"cmd": command, "params": parameters}),
        )
    }

    /// What the page has written to the browser's console since the last call: level and text.
    pub fn console(&self) -> Vec<(String, String)> {
        let entries = self.post("/se/log", &json!({"type": "browser"}));
        let entries = entries
            .as_array()
            .expect("log entries come as a list")
            .clone();
        entries
            .iter()
            .map(|entry| (text(&entry["level"]), text(&entry["message"])))
            .collect()
    }

    fn get(&self, path: &str) -> Value {
        self.call("GET", path, None)
            .unwrap_or_else(|why| panic!("GET {path}: {why}"))
    }

    fn post(&self, path: &str, body: &Value) -> Value {
        self.call("POST", path, Some(body))
            .unwrap_or_else(|why| panic!("POST {path} {body}: {why}"))
    }

    fn call(&self, method: &str, path: &str, body: Option<&Value>) -> Result<Value, Refused> {
        let url = format!("{}{path}", self.session);
        let mut request =
            minreq::Request::new(minreq::Method::Custom(method.into()), url).with_timeout(120);
        if let Some(body) = body {
            request = request
                .with_header("Content-Type", "application/json")
                .with_body(body.to_string());
        }
        let answer = request
            .send()
            .map_err(|why| Refused(format!("no answer: {why}")))?;
        let answer: Value = serde_json::from_slice(answer.as_bytes())
            .map_err(|why| Refused(format!("an answer that is not JSON: {why}")))?;
        let value = answer["value"].clone();
        match value["error"].as_str() {
            Some(error) => Err(Refused(format!("{error}: {}", text(&value["message"])))),
            None => Ok(value),
        }
    }
}

impl Drop for WebDriver {
    fn drop(&mut self) {
        let _ = self.call("DELETE", "", None);
        let _ = self.driver.kill();
        let _ = self.driver.wait();
    }
}

fn text(value: &Value) -> String {
    value.as_str().unwrap_or_default().to_owned()
}

/// `ChromeDriver was started successfully on port 40123.`
fn port_in(line: &str) -> Option<u16> {
    let (_, rest) = line.split_once("successfully on port ")?;
    rest.trim_end_matches('.').parse().ok()
}

#[cfg(test)]
mod tests {
    use super::port_in;

    #[test]
    fn the_port_is_read_from_what_the_driver_says() {
        assert_eq!(
            port_in("ChromeDriver was started successfully on port 40123."),
            Some(40123)
        );
        assert_eq!(port_in("Starting ChromeDriver 156.0 on port 0"), None);
    }
}

//! Drives real browsers by the WebDriver protocol ("WebDriver", w3.org), of which the tests need a
//! dozen calls: Chromium by its chromedriver.

use crate::support::{Process, TIMEOUT};
use serde_json::{Value, json};
use std::process::Command;
use std::time::Instant;

/// What lets a page use cameras and microphones that show test pictures and beeps, and connect
/// browsers on this machine to each other.
const MEDIA: [&str; 4] = [
    "--use-fake-device-for-media-stream",
    "--use-fake-ui-for-media-stream",
    "--allow-loopback-in-peer-connection",
    "--auto-select-desktop-capture-source=Entire screen",
];

/// A running chromedriver.
pub(crate) struct Driver {
    _process: Process,
    url: String,
}

impl Driver {
    /// Starts a chromedriver on a free port.
    pub(crate) fn start() -> Self {
        let process = Process::spawn(Command::new("chromedriver").arg("--port=0"));
        let port = loop {
            let line = process.next_line().expect("chromedriver starts");
            if let Some((_, port)) = line.split_once("successfully on port ") {
                break port.trim_end().trim_end_matches('.').to_owned();
            }
        };
        Self {
            _process: process,
            url: format!("http://127.0.0.1:{port}"),
        }
    }

    /// Opens a browser of its own, with a profile of its own.
    pub(crate) fn open(&self, arguments: &[&str]) -> Browser {
        let arguments: Vec<_> = ["--headless=new", "--no-sandbox", "--disable-gpu"]
            .iter()
            .chain(&MEDIA)
            .chain(arguments)
            .collect();
        let body = json!({"capabilities": {"alwaysMatch": {
            "browserName": "chrome",
            "acceptInsecureCerts": true,
            "goog:chromeOptions": {"args": arguments},
            "goog:loggingPrefs": {"browser": "ALL"},
            "timeouts": {"script": TIMEOUT.as_millis(), "pageLoad": TIMEOUT.as_millis()},
        }}});
        let created = send("POST", &format!("{}/session", self.url), Some(&body));
        let session = created["sessionId"].as_str().expect("a session");
        Browser {
            url: format!("{}/session/{session}", self.url),
        }
    }
}

/// A browser with one window, which is closed when this value is dropped.
pub(crate) struct Browser {
    url: String,
}

impl Browser {
    /// Opens a page.
    pub(crate) fn go(&self, url: &str) {
        self.post("url", &json!({"url": url}));
    }

    /// Runs a script in the page, with `arguments`; returns what it returns.
    #[track_caller]
    pub(crate) fn run(&self, script: &str, arguments: Value) -> Value {
        self.post(
            "execute/sync",
            &json!({"script": script, "args": arguments}),
        )
    }

    /// Waits until an expression of the page is true. The expression is looked at every 50 ms.
    #[track_caller]
    pub(crate) fn wait_for(&self, expression: &str) {
        let script = format!(
            "const done = arguments[0], end = Date.now() + {};
             const look = async () => {{
                 let value = null;
                 try {{ value = await ({expression}); }} catch (error) {{ value = null; }}
                 if (value) done(true);
                 else if (Date.now() > end) done(false);
                 else setTimeout(look, 50);
             }};
             look();",
            TIMEOUT.as_millis() - 1000
        );
        let body = json!({"script": script, "args": []});
        let found = self.post("execute/async", &body);
        if found != true {
            let page = "return document.body.dataset.state + ': ' + document.body.innerText";
            let page = self.run(page, json!([]));
            panic!(
                "never true: {expression}; the page: {page}; its log: {:?}",
                self.log()
            );
        }
    }

    /// Clicks an element, by its CSS selector.
    #[track_caller]
    pub(crate) fn click(&self, selector: &str) {
        let end = Instant::now() + TIMEOUT;
        loop {
            let element = self.find(selector);
            let url = format!("{}/element/{element}/click", self.url);
            match try_send("POST", &url, Some(&json!({}))) {
                Ok(_) => return,
                // The page has drawn another in its place since.
                Err(error)
                    if error["error"] == "stale element reference" && Instant::now() < end => {}
                Err(error) => panic!("{url}: {}", error["message"]),
            }
        }
    }

    /// Types a text into an element, by its CSS selector, in place of what is there.
    #[track_caller]
    pub(crate) fn type_into(&self, selector: &str, text: &str) {
        let element = self.find(selector);
        self.post(&format!("element/{element}/clear"), &json!({}));
        self.post(&format!("element/{element}/value"), &json!({"text": text}));
    }

    /// Returns what the page has logged since the last call: errors and reports of violated policies.
    pub(crate) fn log(&self) -> Vec<String> {
        let entries = self.post("se/log", &json!({"type": "browser"}));
        let entries = entries.as_array().into_iter().flatten();
        let severe = entries.filter(|entry| entry["level"] == "SEVERE");
        severe
            .map(|entry| entry["message"].as_str().unwrap_or_default().to_owned())
            .collect()
    }

    /// Sets the size of the window.
    pub(crate) fn resize(&self, width: u32, height: u32) {
        self.post("window/rect", &json!({"width": width, "height": height}));
    }

    /// Returns a picture of the page, in PNG, as base64.
    pub(crate) fn screenshot(&self) -> String {
        let picture = self.get("screenshot");
        picture.as_str().expect("a picture").to_owned()
    }

    #[track_caller]
    fn find(&self, selector: &str) -> String {
        let body = json!({"using": "css selector", "value": selector});
        element_id(&self.post("element", &body))
    }

    #[track_caller]
    fn post(&self, path: &str, body: &Value) -> Value {
        send("POST", &format!("{}/{path}", self.url), Some(body))
    }

    fn get(&self, path: &str) -> Value {
        send("GET", &format!("{}/{path}", self.url), None)
    }
}

impl Drop for Browser {
    fn drop(&mut self) {
        if !std::thread::panicking() {
            send("DELETE", &self.url, None);
        }
    }
}

/// Returns the id of an element ("element-6066-11e4-a52e-4f735466cecf" is the name of its member).
fn element_id(element: &Value) -> String {
    let members = element.as_object().expect("an element");
    let id = members.values().next().and_then(Value::as_str);
    id.expect("an id").to_owned()
}

/// Sends a command; returns its value.
#[track_caller]
fn send(method: &str, url: &str, body: Option<&Value>) -> Value {
    match try_send(method, url, body) {
        Ok(value) => value,
        Err(error) => panic!("{method} {url}: {}", error["message"]),
    }
}

/// Sends a command; returns its value, or its error: see "Errors" in "WebDriver", w3.org.
fn try_send(method: &str, url: &str, body: Option<&Value>) -> Result<Value, Value> {
    let request = ureq::http::Request::builder().method(method).uri(url);
    let agent: ureq::Agent = ureq::Agent::config_builder()
        .http_status_as_error(false)
        .timeout_global(Some(2 * TIMEOUT))
        .build()
        .into();
    let text = body.map(Value::to_string).unwrap_or_default();
    let request = request
        .header("Content-Type", "application/json")
        .body(text);
    let answer = agent.run(request.expect("a request"));
    let mut answer = answer.expect("chromedriver answers");
    let is_done = answer.status().is_success();
    let mut value: Value = answer.body_mut().read_json().expect("JSON");
    let value = value["value"].take();
    if is_done { Ok(value) } else { Err(value) }
}

//! A server with a room, and people who open its link in browsers.

use crate::support::{Folder, ROOM, ServerProcess, text};
use crate::webdriver::{Browser, Driver};
use serde_json::{Value, json};

/// A server with one room.
pub(crate) struct House {
    pub(crate) server: ServerProcess,
    driver: Driver,
    pub(crate) room: Value,
    _folder: Folder,
}

impl House {
    /// Starts a server whose room has these options; `settings` are lines of its configuration.
    pub(crate) fn new(options: &Value, settings: &str) -> Self {
        let folder = Folder::new();
        folder.write("config.toml", settings);
        folder.add_user("ada@example.com");
        let server = folder.serve(&[]).with_key(&folder.add_key());
        let body = json!({
            "creator_email": "ada@example.com", "name": "Ada's room", "options": options,
        });
        let answer = server.post(ROOM, &body);
        assert_eq!(answer.status, 201, "{answer:?}");
        Self {
            room: answer.json(),
            server,
            driver: Driver::start(),
            _folder: folder,
        }
    }

    /// Returns the link for everybody.
    pub(crate) fn url(&self) -> &str {
        text(&self.room, "url")
    }

    /// Returns the path of the room in the API.
    pub(crate) fn path(&self) -> String {
        format!("{ROOM}/{}", text(&self.room, "room_guid"))
    }

    /// Gives a host link out, and returns it.
    pub(crate) fn host_url(&self) -> String {
        let answer = self.server.get(&format!("{}?fields=host_url", self.path()));
        text(&answer.json(), "host_url").to_owned()
    }

    /// Opens a link in a new browser, without joining.
    pub(crate) fn open(&self, url: &str) -> Browser {
        let browser = self.driver.open(&["--window-size=1200,800"]);
        browser.go(url);
        browser.wait_for("document.body.dataset.state === 'join'");
        browser
    }

    /// Opens a link in a new browser and asks to join.
    pub(crate) fn knock(&self, url: &str, name: &str) -> Browser {
        let browser = self.open(url);
        browser.type_into("#name", name);
        browser.click("#join");
        browser
    }

    /// Opens a link in a new browser and joins.
    pub(crate) fn join(&self, url: &str, name: &str) -> Browser {
        let browser = self.knock(url, name);
        browser.wait_for_state("in");
        browser
    }
}

impl Browser {
    /// Waits until the page is in a state.
    #[track_caller]
    pub(crate) fn wait_for_state(&self, state: &str) {
        self.wait_for(&format!("document.body.dataset.state === '{state}'"));
    }

    /// Waits until so many pictures of other people move.
    #[track_caller]
    pub(crate) fn wait_for_pictures(&self, count: usize) {
        self.wait_for(&format!(
            "(async () => {{
                const videos = [...document.querySelectorAll('video')].filter(video =>
                    !video.muted && video.videoWidth > 0 || video.dataset.person);
                const others = videos.filter(video => video.dataset.person !== 'self' && video.videoWidth > 0);
                const before = others.map(video => video.currentTime);
                await new Promise(resolve => setTimeout(resolve, 200));
                return others.filter((video, n) => video.currentTime > before[n]).length >= {count};
            }})()"
        ));
    }

    /// Asserts that the page has logged no error and violated no policy.
    #[track_caller]
    pub(crate) fn assert_clean(&self) {
        let log = self.log();
        assert!(log.is_empty(), "{log:#?}");
    }
}

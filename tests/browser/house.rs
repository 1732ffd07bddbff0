//! A server with a room, and people who open its link in browsers.

use crate::support::{Folder, ROOM, ServerProcess, text};
use crate::webdriver::{Browser, Driver};
use serde_json::{Value, json};

/// A server with one room.
pub(crate) struct House {
    pub(crate) server: ServerProcess,
    driver: Driver,
    pub(crate) room: Value,
    folder: Folder,
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
            folder,
        }
    }

    /// Ends the server by a signal and starts it again, with the same database on the same port.
    pub(crate) fn restart(self, signal: &str) -> Self {
        let Self { server, folder, .. } = self;
        let listen = server.address.to_string();
        server.stop_by(signal);
        let command = &mut folder.command(&["serve", "--listen", &listen]);
        Self {
            server: folder.start(command).expect("it starts"),
            folder,
            ..self
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

    /// Opens any page in a new browser.
    pub(crate) fn browse(&self, url: &str) -> Browser {
        let browser = self.driver.open(&["--window-size=1200,800"]);
        browser.go(url);
        browser
    }

    /// Opens a link in a new browser, without joining.
    pub(crate) fn open(&self, url: &str) -> Browser {
        let browser = self.browse(url);
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

    /// Asserts that the page is in a state.
    #[track_caller]
    pub(crate) fn assert_state(&self, state: &str) {
        assert_eq!(
            self.run("return document.body.dataset.state", json!([])),
            state
        );
    }

    /// Waits until so many pictures of other people move.
    #[track_caller]
    pub(crate) fn wait_for_pictures(&self, count: usize) {
        self.wait_for(&format!(
            "(async () => {{
                const videos = [...document.querySelectorAll('#grid li:not(.own) video')];
                const shown = videos.filter(video => video.videoWidth > 0);
                const before = shown.map(video => video.currentTime);
                await new Promise(resolve => setTimeout(resolve, 100));
                return shown.filter((video, n) => video.currentTime > before[n]).length >= {count};
            }})()"
        ));
    }

    /// Waits until more sound than before arrives from so many people.
    #[track_caller]
    pub(crate) fn wait_for_sound(&self, count: usize) {
        self.wait_for(&format!(
            "(async () => {{
                const heard = async () => Object.values(await roomd.statistics()).map(reports => reports
                    .filter(report => report.type === 'inbound-rtp' && report.kind === 'audio')
                    .reduce((sum, report) => sum + report.packetsReceived, 0));
                const before = await heard();
                await new Promise(resolve => setTimeout(resolve, 100));
                return (await heard()).filter((packets, n) => packets > before[n]).length >= {count};
            }})()"
        ));
    }

    /// Waits until a text is shown in an element.
    #[track_caller]
    pub(crate) fn wait_for_text(&self, selector: &str, text: &str) {
        let (selector, text) = (json!(selector), json!(text));
        self.wait_for(&format!(
            "document.querySelector({selector}).innerText.includes({text})"
        ));
    }

    /// Writes a message to everybody.
    pub(crate) fn write(&self, message: &str) {
        if self.run("return document.querySelector('#chat').hidden", json!([])) == true {
            self.click("#chat-open");
        }
        self.type_into("#chat-text", message);
        self.click("#chat-send");
    }

    /// Joins the room of the page once more, over a socket of the script's own, as a page could that
    /// somebody changed; `name` names the socket and the person. `answers` collects what comes.
    pub(crate) fn join_by_script(&self, name: &str) {
        let script = "
            const [name] = arguments;
            window.sockets = window.sockets || {};
            const here = location.pathname;
            const joined = fetch(here + '/join', {
                method: 'POST', headers: {'Content-Type': 'application/json'},
                body: JSON.stringify({name}),
            }).then(answer => answer.json()).then(({ticket}) => {
                const scheme = location.protocol.replace('http', 'ws');
                const url = scheme + '//' + location.host + here + '/socket?ticket=' + ticket;
                const socket = new WebSocket(url);
                const entry = {socket, answers: []};
                window.sockets[name] = entry;
                socket.onmessage = event => entry.answers.push(JSON.parse(event.data));
            });
            return joined.then(() => true);";
        self.run(script, json!([name]));
    }

    /// Waits until a socket of [`Self::join_by_script`] got an answer with these members.
    #[track_caller]
    pub(crate) fn wait_for_answer(&self, name: &str, members: &Value) {
        self.wait_for(&format!(
            "window.sockets[{}].answers.some(answer => Object.entries({members})
                .every(([key, value]) => answer[key] === value))",
            json!(name)
        ));
    }

    /// Sends a message over such a socket.
    pub(crate) fn send_by_script(&self, name: &str, message: &Value) {
        let script = "window.sockets[arguments[0]].socket.send(JSON.stringify(arguments[1]))";
        self.run(script, json!([name, message]));
    }

    /// Asserts that the page has logged no error and violated no policy.
    #[track_caller]
    pub(crate) fn assert_clean(&self) {
        self.assert_clean_but("\n");
    }

    /// Asserts that, but for what has a text in it.
    #[track_caller]
    pub(crate) fn assert_clean_but(&self, expected: &str) {
        let mut log = self.log();
        log.retain(|line| !line.contains(expected));
        assert!(log.is_empty(), "{log:#?}");
    }
}

use crate::support::{Folder, ServerProcess};

/// Starts a server in a folder with this configuration file.
fn start(folder: &Folder, settings: &str) -> ServerProcess {
    folder.write("config.toml", settings);
    folder.serve(&[])
}

/// Changes the configuration file and sends SIGHUP; returns the line about it.
fn reload(folder: &Folder, server: &ServerProcess, settings: &str) -> String {
    folder.write("config.toml", settings);
    server.process().signal("HUP");
    server.process().next_log_line("the settings were ")
}

#[test]
fn sighup_changes_what_can_change_and_names_what_cannot() {
    let folder = Folder::new();
    let server = start(&folder, "[log]\nslow_ms = 60000\n");
    let line = reload(
        &folder,
        &server,
        "[log]\nslow_ms = 60000\nrequests = true\nformat = \"json\"\n[auth]\nrequired = true\n\
         failures_per_minute = 7\n",
    );
    let message = "the settings were reloaded; in use from now on: log.format, log.requests; to be \
                   used after a restart: auth.failures_per_minute";
    assert!(line.starts_with('{') && line.contains(message), "{line}");
    assert_eq!(server.get("/nowhere").status, 404);
    let line = server.process().next_log_line("\"request\"");
    assert!(line.contains("\"status\":404"), "{line}");

    // What needs a restart is named again, what is in use is not.
    let line = reload(
        &folder,
        &server,
        "[log]\nslow_ms = 0\nrequests = true\n[auth]\nfailures_per_minute = 7\n",
    );
    let message = "the settings were reloaded; in use from now on: log.format, log.slow_ms; to be \
                   used after a restart: auth.failures_per_minute";
    assert!(line.contains(message), "{line}");
    assert_eq!(server.get("/nowhere").status, 404);
    server.process().next_log_line("request was slow");
    server.process().signal("HUP");
    let line = server.process().next_log_line("the settings were ");
    assert!(
        line.ends_with("reloaded; to be used after a restart: auth.failures_per_minute\n"),
        "{line}"
    );
    let line = reload(&folder, &server, "[log]\nslow_ms = 0\nrequests = true\n");
    assert!(line.ends_with("; nothing has changed\n"), "{line}");
    server.stop();
}

#[test]
fn sighup_changes_the_level_in_both_directions() {
    let folder = Folder::new();
    let server = start(&folder, "");
    let line = reload(&folder, &server, "[log]\nlevel = \"error\"\n");
    assert!(line.contains("in use from now on: log.level"), "{line}");
    let line = reload(&folder, &server, "[log]\nlevel = \"info\"\n");
    assert!(line.contains("in use from now on: log.level"), "{line}");
    let exit = server.stop();
    assert_eq!(exit.stderr.lines().count(), 1, "{exit:?}");
}

#[test]
fn settings_that_cannot_be_loaded_leave_the_previous_ones_in_use() {
    let folder = Folder::new();
    let server = start(&folder, "[log]\nrequests = true\n");
    let line = reload(&folder, &server, "[log]\nrequests = 1\n");
    let message = "the settings were not reloaded, the previous ones stay in use: config.toml, line \
                   2: log.requests: ";
    assert!(line.contains("WARN") && line.contains(message), "{line}");
    assert_eq!(server.get("/nowhere").status, 404);
    server.process().next_log_line("status=404");
    server.stop();
}

#[test]
fn signals_without_a_meaning_end_nothing() {
    let folder = Folder::new();
    let server = start(&folder, "");
    for signal in ["USR1", "USR2"] {
        server.process().signal(signal);
        let line = server.process().next_log_line(" was ignored: ");
        assert!(line.contains(&format!("SIG{signal}")), "{line}");
    }
    assert_eq!(server.get("/readyz").status, 200);
    server.stop();
}

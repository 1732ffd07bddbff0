use crate::support::{Folder, ServerProcess};
use crate::tls::{Connection, Pair, folder, pair, put, wait_for};

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

/// Returns settings that name the files of [`write_pair`].
fn tls_settings(name: &str) -> String {
    format!("[tls]\ncertificate = \"{name}.pem\"\nkey = \"{name}.key\"\n")
}

fn write_pair(folder: &Folder, name: &str, certificate: &Pair, key: &Pair) {
    folder.write(&format!("{name}.pem"), certificate.cert.pem());
    folder.write(&format!("{name}.key"), key.signing_key.serialize_pem());
}

#[track_caller]
fn assert_shows(server: &ServerProcess, certificate: &Pair) {
    let connection = Connection::open(server, certificate);
    connection.expect("this certificate").assert_works();
}

#[test]
fn sighup_follows_the_settings_to_other_certificate_files() {
    let (folder, first, second, third) = (folder(), pair(), pair(), pair());
    put(&folder, &first, &first);
    let server = folder.serve(&[]);
    write_pair(&folder, "other", &second, &second);
    let line = reload(&folder, &server, &tls_settings("other"));
    let message = "reloaded; in use from now on: tls.certificate, tls.key\n";
    assert!(line.ends_with(message), "{line}");
    assert_shows(&server, &second);
    // From now on these files are watched.
    write_pair(&folder, "other", &third, &third);
    wait_for(&server, &third).assert_works();
    server.stop();
}

#[test]
fn other_certificate_files_that_cannot_be_used_leave_the_previous_ones_in_use() {
    let (folder, first, second) = (folder(), pair(), pair());
    put(&folder, &first, &first);
    let server = folder.serve(&[]);
    write_pair(&folder, "other", &second, &first);
    folder.write(
        "config.toml",
        tls_settings("other") + "[log]\nslow_ms = 1\n",
    );
    server.process().signal("HUP");
    let lines = server.process().log_until("the settings were ");
    let message = "the certificate was not reloaded, the previous one stays in use: tls.key: \
                   other.key does not match the first certificate in other.pem";
    assert!(lines[lines.len() - 2].contains(message), "{lines:?}");
    let line = lines.last().expect("a line");
    assert!(
        line.ends_with("; in use from now on: log.slow_ms\n"),
        "{line}"
    );
    assert_shows(&server, &first);
    // What was in use is watched further, and the next signal tries the settings again.
    put(&folder, &second, &second);
    wait_for(&server, &second).assert_works();
    write_pair(&folder, "other", &first, &first);
    let line = reload(&folder, &server, &tls_settings("other"));
    let message = "in use from now on: tls.certificate, tls.key, log.slow_ms\n";
    assert!(line.ends_with(message), "{line}");
    assert_shows(&server, &first);
    server.stop();
}

#[test]
fn tls_is_turned_on_and_off_by_a_restart_only() {
    let (folder, first) = (Folder::new(), pair());
    write_pair(&folder, "one", &first, &first);
    let message = "; to be used after a restart: tls.certificate, tls.key\n";
    let server = start(&folder, "");
    let line = reload(&folder, &server, &tls_settings("one"));
    assert!(line.ends_with(message), "{line}");
    assert_eq!(server.get("/readyz").status, 200);
    server.stop();
    let server = folder.serve(&[]);
    let line = reload(&folder, &server, "");
    assert!(line.ends_with(message), "{line}");
    assert_shows(&server, &first);
    server.stop();
}

#[test]
fn a_variable_still_overrides_the_file_when_settings_are_reloaded() {
    let (folder, first, second) = (folder(), pair(), pair());
    put(&folder, &first, &first);
    let mut command = folder.command(&["serve", "--listen", "127.0.0.1:0"]);
    command.env("ROOMD_TLS_CERTIFICATE", "fullchain.pem");
    command.env("ROOMD_TLS_KEY", "key.pem");
    let server = folder.start(&mut command).expect("it starts");
    write_pair(&folder, "other", &second, &second);
    let line = reload(&folder, &server, &tls_settings("other"));
    assert!(line.ends_with("; nothing has changed\n"), "{line}");
    assert_shows(&server, &first);
    server.stop();
}

#[test]
fn signals_without_a_meaning_end_nothing() {
    let folder = Folder::new();
    let server = start(&folder, "");
    let others = ["USR1", "USR2", "ALRM", "VTALRM", "PROF"];
    let linux = ["IO", "STKFLT", "RTMIN", "RTMIN+7"];
    let of_system = if cfg!(target_os = "linux") {
        &linux[..]
    } else {
        &[]
    };
    for signal in others.iter().chain(of_system) {
        server.process().signal(signal);
        let line = server.process().next_log_line(" was ignored: ");
        let name = match signal.strip_prefix("RT") {
            Some(_) => "real-time signal".to_owned(),
            None => format!("SIG{signal}"),
        };
        assert!(line.contains(&name), "{line}");
    }
    assert_eq!(server.get("/readyz").status, 200);
    server.stop();
}

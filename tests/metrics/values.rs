use crate::scrape::Scrape;
use crate::support::{Folder, ROOM, TestServer, USER, user_path};
use serde_json::json;
use std::time::{SystemTime, UNIX_EPOCH};

const ADA: &str = "ada@example.com";

/// Starts a server whose requests all come to one worker, so that they meet one cache.
fn one_worker() -> TestServer {
    TestServer::start_with(|config| config.server.workers = 1)
}

#[track_caller]
fn assert_creates(server: &TestServer, expected: [(&str, f64); 6]) {
    let scrape = Scrape::of(server);
    for (outcome, count) in expected {
        let name = format!("roomd_room_creates_total{{outcome=\"{outcome}\"}}");
        assert_eq!(scrape.get(&name), count, "{outcome}");
    }
}

#[test]
fn creates_are_counted_by_their_outcome() {
    let server = TestServer::start();
    let outcomes = [
        "created",
        "fallback",
        "existed",
        "conflict",
        "unregistered",
        "inactive",
    ];
    assert_creates(&server, outcomes.map(|outcome| (outcome, 0.0)));
    assert_eq!(server.get_or_create(ADA, "First").status, 201);
    for _ in 0..5 {
        assert_eq!(server.get_or_create(ADA, "First").status, 200);
    }
    let taken = json!({"creator_email": "grace@example.com", "name": "First"});
    assert_eq!(server.post(ROOM, &taken).status, 409);
    let mut fallback = taken;
    fallback["fallback_name"] = json!("Second");
    assert_eq!(server.post(ROOM, &fallback).status, 201);
    let other =
        json!({"creator_email": "edsger@example.com", "name": "Third", "fallback_name": "Fourth"});
    assert_eq!(server.post(ROOM, &other).status, 201);
    assert_eq!(
        server.get_or_create("nobody@example.com", "Fifth").status,
        404
    );
    let user = server.register("idle@example.com", json!({"active": false}));
    assert_eq!(user["active"], false);
    assert_eq!(
        server.get_or_create("idle@example.com", "Sixth").status,
        403
    );
    let counts = [2.0, 1.0, 5.0, 1.0, 1.0, 1.0];
    assert_creates(&server, std::array::from_fn(|n| (outcomes[n], counts[n])));
}

#[test]
fn looks_into_the_caches_are_counted() {
    let server = one_worker();
    server.get_or_create(ADA, "First");
    server.get_or_create(ADA, "First");
    let before = Scrape::of(&server);
    let hits = |scrape: &Scrape, cache: &str, result: &str| {
        scrape.get(&format!(
            "roomd_{cache}_cache_lookups_total{{result=\"{result}\"}}"
        ))
    };
    for _ in 0..3 {
        server.get_or_create(ADA, "First");
    }
    let after = Scrape::of(&server);
    for (cache, result, more) in [
        ("response", "hit", 3.0),
        ("response", "miss", 0.0),
        ("key", "hit", 3.0),
        ("key", "miss", 0.0),
    ] {
        let more_found = hits(&after, cache, result) - hits(&before, cache, result);
        assert_eq!(more_found, more, "{cache} {result}");
    }
    assert_eq!(hits(&before, "response", "miss"), 2.0);
}

#[test]
fn requests_are_counted_by_route_method_and_status() {
    let server = TestServer::start();
    assert_eq!(server.get("/nowhere").status, 404);
    assert_eq!(server.put(ROOM, &json!({})).status, 405);
    assert_eq!(server.post(ROOM, &json!({})).status, 400);
    assert_eq!(
        server
            .post("/api/groups/xapi/room/default", &json!({}))
            .status,
        400
    );
    let request = server.request_without_key("GET", "/xapi/v2/room/search");
    assert_eq!(server.send(request, "").status, 401);
    assert_eq!(server.get("/healthz").status, 200);
    let scrape = Scrape::of(&server);
    for (route, method, status) in [
        ("none", "GET", 404),
        ("/xapi/v2/room", "PUT", 405),
        ("/xapi/v2/room", "POST", 400),
        ("/api/groups/xapi/room/default", "POST", 400),
        ("/xapi/v2/room/search", "GET", 401),
        ("/healthz", "GET", 200),
    ] {
        let labels = format!("route=\"{route}\",method=\"{method}\",status=\"{status}\"");
        assert_eq!(
            scrape.get(&format!("roomd_requests_total{{{labels}}}")),
            1.0
        );
        let name = "roomd_request_duration_seconds";
        assert_eq!(scrape.get(&format!("{name}_count{{{labels}}}")), 1.0);
        assert_eq!(
            scrape.get(&format!("{name}_bucket{{{labels},le=\"+Inf\"}}")),
            1.0
        );
        assert!(
            scrape
                .find(&format!("{name}_bucket{{{labels},le=\"0.0005\"}}"))
                .is_some()
        );
        let sum = scrape.get(&format!("{name}_sum{{{labels}}}"));
        assert!(sum > 0.0 && sum < 30.0, "{sum}");
    }
}

#[test]
fn the_database_is_measured() {
    let server = TestServer::start();
    let before = Scrape::of(&server);
    let user = server.register("more@example.com", json!({}));
    assert_eq!(server.delete(&user_path(&user)).status, 204);
    let after = Scrape::of(&server);
    for name in [
        "roomd_batch_jobs_count",
        "roomd_batch_jobs_sum",
        "roomd_commit_duration_seconds_count",
    ] {
        assert!(after.get(name) >= before.get(name) + 2.0, "{name}");
    }
    assert_eq!(after.get("roomd_write_queue_jobs"), 0.0);
    assert_eq!(after.get("roomd_readers"), 2.0);
    assert!(after.get("roomd_readers_busy") <= 2.0);
    for name in [
        "roomd_database_bytes",
        "roomd_wal_bytes",
        "roomd_disk_free_bytes",
    ] {
        assert!(after.get(name) > 4096.0, "{name}");
    }
    for cause in ["queue_full", "locked", "disk_full", "unwritable"] {
        assert_eq!(
            after.get(&format!("roomd_outage{{cause=\"{cause}\"}}")),
            0.0
        );
    }
}

#[test]
fn rate_limits_are_counted() {
    let server = TestServer::start_with(|config| {
        config.auth.failures_per_minute = 1;
        config.auth.requests_per_minute = 2;
    });
    let without_key = || {
        let request = server.request_without_key("GET", USER);
        server.send(request, "").status
    };
    let path = format!("{ROOM}/search");
    assert_eq!([(); 3].map(|()| server.get(&path).status), [200, 200, 429]);
    let path = format!("{USER}/x");
    let request = || server.request_without_key("GET", &path);
    assert_eq!(
        [(); 3].map(|()| server.send(request(), "").status),
        [401, 429, 429]
    );
    assert_eq!(without_key(), 405);
    let scrape = Scrape::of(&server);
    for (limit, count) in [("key", 1.0), ("failures", 2.0), ("host_links", 0.0)] {
        let name = format!("roomd_rate_limited_requests_total{{limit=\"{limit}\"}}");
        assert_eq!(scrape.get(&name), count, "{limit}");
    }
}

#[test]
fn people_who_go_to_another_server_are_counted() {
    let server = TestServer::start_with(|config| {
        config.meeting.server = "template".parse().expect("a server");
        config.meeting.template.host_url = "https://meet.example.com/{slug}".parse().ok();
        config.meeting.template.guest_url = "https://meet.example.com/{slug}".parse().ok();
    });
    let room = server.room_of(ADA).json();
    let url = room["url"].as_str().expect("a URL");
    let path = &url[url.find("/groups").expect("a path")..];
    let joined = server.post(
        &format!("{path}/join"),
        &json!({"name": "Grace", "host": null}),
    );
    assert_eq!(joined.status, 200, "{joined:?}");
    let scrape = Scrape::of(&server);
    let name = "roomd_handoffs_total";
    assert_eq!(
        scrape.get(&format!(
            "{name}{{server=\"template\",outcome=\"entered\"}}"
        )),
        1.0
    );
    assert_eq!(
        scrape.get(&format!(
            "{name}{{server=\"template\",outcome=\"waiting\"}}"
        )),
        0.0
    );
    assert_eq!(scrape.get("roomd_meetings"), 0.0);
}

#[test]
fn the_last_backup_is_known_once_there_was_one() {
    let folder = Folder::new();
    folder.add_users(1);
    let server = TestServer::start_in(folder, |_| {});
    let name = "roomd_last_backup_timestamp_seconds";
    assert_eq!(Scrape::of(&server).find(name), None);
    let now = || {
        SystemTime::now()
            .duration_since(UNIX_EPOCH)
            .expect("a time")
            .as_secs() as f64
    };
    let before = now();
    server.folder().roomd(&["backup", "copy.db"]);
    let made = Scrape::of(&server).get(name);
    assert!(before <= made && made <= now(), "{made}");
}

#[test]
fn the_process_is_measured() {
    let server = TestServer::start();
    let scrape = Scrape::of(&server);
    let version = env!("CARGO_PKG_VERSION");
    assert_eq!(
        scrape.get(&format!("roomd_build_info{{version=\"{version}\"}}")),
        1.0
    );
    assert!(scrape.get("roomd_connections") >= 1.0);
    let started = scrape.get("process_start_time_seconds");
    let now = SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .expect("a time")
        .as_secs_f64();
    assert!(started <= now && now - started < 60.0, "{started}");
    if cfg!(target_os = "linux") {
        assert!(scrape.get("process_cpu_seconds_total") > 0.0);
        assert!(scrape.get("process_resident_memory_bytes") > 1e6);
        let open = scrape.get("process_open_fds");
        assert!(open > 8.0 && open <= scrape.get("process_max_fds"));
    }
}

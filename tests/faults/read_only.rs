use crate::disk::Disk;

#[test]
fn a_server_cannot_start_on_a_read_only_disk_and_starts_when_it_can_be_written() {
    for is_new in [true, false] {
        let Some(disk) = Disk::new(1024) else { return };
        if !is_new {
            disk.folder().add_users(1);
        }
        disk.remount("ro");
        for args in [
            &["serve", "--listen", "127.0.0.1:0"][..],
            &["key", "create"],
        ] {
            let exit = disk.folder().run(args);
            let message = exit.error_message();
            assert!(
                message.contains("ead-only") && message.contains("roomd.db"),
                "{message}"
            );
        }
        disk.remount("rw");
        let server = disk.folder().serve(&[]);
        assert_eq!(server.get("/readyz").status, 200);
        server.stop();
    }
}

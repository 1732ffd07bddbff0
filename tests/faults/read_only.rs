use crate::disk::Disk;

#[test]
fn a_server_on_a_disk_that_cannot_be_written_says_so_and_starts_once_it_can() {
    for is_new in [true, false] {
        let Some(disk) = Disk::new(1024) else { return };
        if !is_new {
            disk.folder().add_users(1);
        }
        disk.remount("ro");
        for args in [&["serve", "--listen", "127.0.0.1:0"][..], &["user", "list"]] {
            let exit = disk.folder().run(args);
            let sentence = exit.error_message();
            assert!(
                sentence.contains("ead-only") && sentence.contains("roomd.db"),
                "{sentence}"
            );
        }
        disk.remount("rw");
        let server = disk.folder().serve(&[]);
        assert_eq!(server.get("/readyz").status, 200);
        server.stop();
    }
}

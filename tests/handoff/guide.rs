use crate::support::Folder;

const GUIDE: &str = include_str!("../../docs/meeting-servers.md");

const KEY: &str = include_str!("../../src/meeting/handoff/jwt/rfc7515-a2.pkcs8.pem");

/// Returns the settings in the guide, without the white space of lists in front of their lines.
fn recipes() -> Vec<String> {
    let blocks = GUIDE.split("```toml\n").skip(1).map(|rest| {
        let (block, _) = rest.split_once("```").expect("an end");
        let lines = block.lines().map(|line| format!("{}\n", line.trim_start()));
        lines.collect()
    });
    blocks.collect()
}

#[test]
fn a_server_starts_with_every_recipe_of_the_guide() {
    let recipes = recipes();
    assert!(recipes.len() >= 5, "{recipes:?}");
    for recipe in recipes {
        // What is a folder of the system there is the server's own folder here.
        let recipe = recipe.replace("/etc/roomd/", "");
        let folder = Folder::new();
        for line in recipe.lines() {
            let setting = line.split_once("_file = \"");
            if let Some((key, name)) = setting {
                let content = if key.ends_with("key") { KEY } else { "north" };
                folder.write(name.split('"').next().expect("a name"), content);
            }
        }
        folder.write("config.toml", &recipe);
        folder.serve(&[]).stop();
    }
}

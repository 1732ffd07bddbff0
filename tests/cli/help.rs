//! The help, the manual, the scripts of shells and the page of all commands, which all are to have
//! every command.

use crate::support::Folder;
use std::fs;

const PAGE: &str = include_str!("../../docs/commands.md");

/// Returns the help of a command.
fn help(folder: &Folder, command: &[&str]) -> String {
    folder.roomd(&[command, &["--help"]].concat())
}

/// Returns every command that runs something, as the help lists them.
fn commands(folder: &Folder) -> Vec<Vec<String>> {
    let mut found = Vec::new();
    let mut left = vec![Vec::<String>::new()];
    while let Some(command) = left.pop() {
        let args: Vec<&str> = command.iter().map(String::as_str).collect();
        let help = help(folder, &args);
        let below: Vec<String> = help
            .lines()
            .skip_while(|line| *line != "Commands:")
            .skip(1)
            .take_while(|line| !line.is_empty())
            .filter(|line| line.starts_with("  ") && !line.starts_with("   "))
            .filter_map(|line| line.split_whitespace().next().map(str::to_owned))
            .filter(|name| name != "help")
            .collect();
        let runs = below.is_empty() || help.contains("[COMMAND]\n") || args == ["backup"];
        left.extend(
            below
                .into_iter()
                .map(|name| [&command[..], &[name]].concat()),
        );
        if runs && !command.is_empty() {
            found.push(command);
        }
    }
    found.sort();
    found
}

#[test]
fn the_help_fits_eighty_columns_and_has_examples() {
    let folder = Folder::new();
    let commands = commands(&folder);
    assert!(commands.len() > 25, "{commands:?}");
    for command in [vec![]].into_iter().chain(commands) {
        let args: Vec<&str> = command.iter().map(String::as_str).collect();
        let help = help(&folder, &args);
        for line in help.lines() {
            assert!(line.chars().count() <= 80, "{command:?}: {line}");
        }
        let example = format!("\n  roomd {}", command.join(" "));
        let (_, examples) = help.split_once("\nExamples:").expect("examples");
        assert!(examples.contains(example.trim_end()), "{command:?}: {help}");
    }
}

/// Programs read what commands print. These print no answer, or one that is in a format of its own.
#[test]
fn what_prints_an_answer_prints_json_too() {
    let folder = Folder::new();
    for command in commands(&folder) {
        let args: Vec<&str> = command.iter().map(String::as_str).collect();
        let has_format = matches!(
            args[..],
            ["serve" | "demo" | "openapi" | "completions" | "man"] | ["user", "export"]
        );
        let help = help(&folder, &args);
        assert_eq!(help.contains("--json"), !has_format, "{command:?}");
    }
}

#[test]
fn the_help_has_exit_codes_and_variables() {
    let help = help(&Folder::new(), &[]);
    for part in [
        "Exit codes:",
        "  3  `status`",
        "ROOMD_DATABASE",
        "ROOMD_LISTEN",
    ] {
        assert!(help.contains(part), "{help}");
    }
}

#[test]
fn the_page_of_all_commands_has_every_one_and_no_other() {
    let commands = commands(&Folder::new());
    let documented = PAGE
        .lines()
        .filter_map(|line| line.strip_prefix("| `roomd ")?.split_once('`'))
        .map(|(example, _)| {
            let words: Vec<&str> = example.split_whitespace().collect();
            let fits = commands
                .iter()
                .filter(|command| words.starts_with(&as_words(command)));
            let longest = fits.max_by_key(|command| command.len());
            longest.unwrap_or_else(|| panic!("{example} is no command"))
        });
    let mut documented: Vec<_> = documented.collect();
    documented.sort();
    assert_eq!(documented, commands.iter().collect::<Vec<_>>());
}

fn as_words(command: &[String]) -> Vec<&str> {
    command.iter().map(String::as_str).collect()
}

#[test]
fn each_shell_gets_a_script_with_every_command() {
    let folder = Folder::new();
    for shell in ["bash", "zsh", "fish", "elvish", "powershell"] {
        let script = folder.roomd(&["completions", shell]);
        for command in commands(&folder).concat() {
            assert!(script.contains(&command), "{shell}: {command}");
        }
        assert!(script.contains("deactivate-missing"), "{shell}");
    }
    let exit = folder.run(&["completions", "cmd"]);
    assert_eq!(exit.status.code(), Some(2), "{exit:?}");
    assert!(folder.files().is_empty());
}

#[test]
fn the_manual_has_a_page_for_every_command() {
    let folder = Folder::new();
    let first = folder.roomd(&["man"]);
    assert!(first.contains(".TH roomd 1"), "{first}");
    fs::create_dir(folder.path("man1")).expect("a folder");
    let printed = folder.roomd(&["man", "--dir", "man1"]);
    assert!(printed.ends_with("pages written to man1\n"), "{printed}");
    for command in commands(&folder) {
        let name = format!("roomd-{}.1", command.join("-"));
        let page = fs::read_to_string(folder.path("man1").join(&name)).expect(&name);
        assert!(page.contains("SYNOPSIS"), "{page}");
    }
    let page = fs::read_to_string(folder.path("man1/roomd.1")).expect("a page");
    assert_eq!(page, first);
    let exit = folder.run(&["man", "--dir", "nowhere"]);
    assert!(exit.error_message().contains("nowhere"), "{exit:?}");
}

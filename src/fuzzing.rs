//! What must hold of any input, however strange: one function for each kind of text that comes
//! from strangers. The fuzzer of `fuzz/` draws inputs for them; the tests try the seeds.

mod authorization;
mod body;
mod email;
mod name;
mod options;
mod refusal;
mod search;

pub use authorization::authorization;
pub use body::body;
pub use email::email;
pub use name::name;
pub use options::options;
pub use search::search;

#[cfg(test)]
mod tests {
    use std::fs;
    use std::path::Path;

    /// Tries every seed of a kind; one that is found is kept as a seed, so it is tried ever after.
    #[expect(
        clippy::print_stdout,
        reason = "of a test that fails it shows which seed it was"
    )]
    fn try_seeds(kind: &str, holds: fn(&[u8])) {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR"))
            .join("fuzz/seeds")
            .join(kind);
        let seeds = fs::read_dir(folder).expect("a folder of seeds");
        let mut tried = 0;
        for seed in seeds {
            let path = seed.expect("an entry").path();
            println!("{}", path.display());
            holds(&fs::read(path).expect("a seed"));
            tried += 1;
        }
        assert!(tried > 0, "there are no seeds of {kind}");
    }

    #[test]
    fn seeds_of_authorization() {
        try_seeds("authorization", super::authorization);
    }

    #[test]
    fn seeds_of_body() {
        try_seeds("body", super::body);
    }

    #[test]
    fn seeds_of_email() {
        try_seeds("email", super::email);
    }

    #[test]
    fn seeds_of_name() {
        try_seeds("name", super::name);
    }

    #[test]
    fn seeds_of_options() {
        try_seeds("options", super::options);
    }

    #[test]
    fn seeds_of_search() {
        try_seeds("search", super::search);
    }
}

//! Properties that hold for every input: one function for each kind of text that callers send. The
//! fuzzer of `fuzz/` generates inputs for them; the tests try its seeds.

mod authorization;
mod body;
mod email;
mod name;
mod options;
mod rejection;
mod search;
mod signalling;

pub use authorization::authorization;
pub use body::body;
pub use email::email;
pub use name::name;
pub use options::options;
pub use search::search;
pub use signalling::signalling;

#[cfg(test)]
mod tests {
    use std::fs;
    use std::path::Path;

    /// Tries every seed of a kind. An input that the fuzzer found to fail becomes a seed.
    #[expect(
        clippy::print_stdout,
        reason = "the output of a failed test names the seed"
    )]
    fn try_seeds(kind: &str, check: fn(&[u8])) {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR"))
            .join("fuzz/seeds")
            .join(kind);
        let seeds = fs::read_dir(folder).expect("a folder of seeds");
        let mut tried = 0;
        for seed in seeds {
            let path = seed.expect("an entry").path();
            println!("{}", path.display());
            check(&fs::read(path).expect("a seed"));
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

    #[test]
    fn seeds_of_signalling() {
        try_seeds("signalling", super::signalling);
    }
}

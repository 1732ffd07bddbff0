//! Benchmarks of the steps of a call, each alone and then together.

mod calls;
mod fixture;
mod model;
mod store;

fn main() {
    divan::main();
}

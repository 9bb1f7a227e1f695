//! `cargo run -p tests --bin scale`: the README's section on scale, as the simulation prints it.

fn main() -> anyhow::Result<()> {
    print!("{}", tests::scale::report()?);
    Ok(())
}

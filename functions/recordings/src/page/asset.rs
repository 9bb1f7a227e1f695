//! The page's files.

/// A file of the page.
#[derive(Debug, Clone, Copy)]
pub(super) struct Asset {
    name: &'static str,
    pub(super) kind: &'static str,
    pub(super) content: &'static str,
}

const SCRIPT: &str = "text/javascript; charset=utf-8";
const STYLE: &str = "text/css; charset=utf-8";

macro_rules! assets {
    ($($kind:ident $path:literal $name:literal;)*) => {
        const ASSETS: &[Asset] = &[$(Asset {
            name: $name,
            kind: $kind,
            content: include_str!(concat!("../../page/", $path, $name)),
        }),*];
    };
}

assets! {
    SCRIPT "player/" "asciinema-player.min.js";
    STYLE "player/" "asciinema-player.css";
    SCRIPT "" "cryptography.js";
    SCRIPT "" "oidc.js";
    STYLE "" "page.css";
    SCRIPT "" "page.js";
    SCRIPT "" "recording.js";
    SCRIPT "" "terminal.js";
    SCRIPT "" "timeline.js";
}

impl Asset {
    pub(super) fn named(name: &str) -> Option<Self> {
        ASSETS.iter().find(|asset| asset.name == name).copied()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Everything that a file of the page names is a file of the page.
    #[test]
    fn the_page_has_every_file_that_it_names_and_nothing_else_is_fetched() {
        let document = super::super::DOCUMENT;
        let texts =
            ASSETS.iter().filter(|asset| !asset.name.starts_with("asciinema")).map(|asset| asset.content);
        let mut named = 0;
        for text in texts.chain([document]) {
            for rest in text.split("/recordings/assets/").skip(1) {
                let name = rest.split('"').next().expect("a name");
                assert!(Asset::named(name).is_some(), "{name} is named and not there");
                named += 1;
            }
            assert!(!text.contains("https://") && !text.contains("http://"), "another origin is named");
        }
        assert!(named >= ASSETS.len(), "{named}");
        assert!(
            !document.contains("<style") && !document.contains("style="),
            "the policy forbids inline styles"
        );
        let scripts = document.matches("<script").count();
        assert_eq!(scripts, document.matches("<script src=").count(), "the policy forbids inline scripts");
    }
}

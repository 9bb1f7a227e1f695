#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use super::*;

fn now() -> Timestamp {
    Timestamp::from_unix_seconds(1_767_323_045)
}

fn tree() -> FolderTree {
    FolderTree::new(ProjectId::random(), EnvironmentId::random())
}

fn path(text: &str) -> SecretPath {
    text.parse().unwrap()
}

fn name(text: &str) -> FolderName {
    text.parse().unwrap()
}

fn create(tree: &mut FolderTree, at: &str) -> FolderId {
    let path = path(at);
    let (parent, own) = path.split().unwrap();
    tree.create(&parent, name(own), None, now()).unwrap()
}

#[test]
fn only_letters_digits_underscore_and_hyphen_make_a_folder_name() {
    for good in ["a", "A-b_9", &"x".repeat(255)] {
        assert!(good.parse::<FolderName>().is_ok(), "{good}");
    }
    for bad in ["", " a", "a b", "a.b", "a/b", "ü", &"x".repeat(256)] {
        assert!(bad.parse::<FolderName>().is_err(), "{bad}");
    }
}

#[test]
fn the_root_is_always_there_and_has_no_folder_of_its_own() {
    let tree = tree();
    assert_eq!(tree.at(&path("/")), Some(tree.root()));
    assert_eq!(tree.path_of(tree.root()), Some(SecretPath::root()));
    assert!(tree.contains(tree.root()) && tree.folder(tree.root()).is_none());
    assert_eq!(tree.at(&path("/a")), None);
    assert_eq!(tree.nearest(&path("/a/b")), tree.root());
}

#[test]
fn missing_folders_on_the_way_are_made() {
    let mut tree = tree();
    let c = create(&mut tree, "/a/b/c");
    assert_eq!(tree.path_of(c), Some(path("/a/b/c")));
    let b = tree.at(&path("/a/b")).unwrap();
    assert_eq!(tree.nearest(&path("/a/b/x/y")), b);
    create(&mut tree, "/a/b/a");
    create(&mut tree, "/z");
    let names = |folders: Vec<&Folder>| folders.iter().map(|one| one.name.to_string()).collect::<Vec<_>>();
    assert_eq!(names(tree.descendants(tree.root())), ["a", "b", "a", "c", "z"]);
    assert_eq!(names(tree.children(b)), ["a", "c"]);
}

#[test]
fn a_folder_made_on_the_way_is_had_by_who_asks_for_it_first() {
    let mut tree = tree();
    let below = create(&mut tree, "/a/b");
    let way = tree.at(&path("/a")).expect("made on the way");
    let words = Some("asked for".to_owned());
    assert_eq!(tree.create(&path("/"), name("a"), words.clone(), now()), Ok(way));
    assert_eq!(tree.folder(way).map(|folder| (folder.version, folder.description.clone())), Some((1, words)));
    for taken in [("/", "a"), ("/a", "b")] {
        let again = tree.create(&path(taken.0), name(taken.1), None, now());
        assert!(matches!(again, Err(FolderRefused::NameTaken { .. })), "{taken:?} {again:?}");
    }
    assert_eq!(tree.at(&path("/a/b")), Some(below));
    // A folder that somebody renamed is somebody's.
    create(&mut tree, "/c/d");
    let way = tree.at(&path("/c")).expect("made on the way");
    let change = FolderChange { name: Some(name("e")), description: None };
    assert_eq!(tree.change(way, change, now()), Ok(true));
    assert!(matches!(tree.create(&path("/"), name("e"), None, now()), Err(FolderRefused::NameTaken { .. })));
}

#[test]
fn two_folders_of_one_name_in_one_place_cannot_be_made_or_become() {
    let mut tree = tree();
    let (a, b) = (create(&mut tree, "/a"), create(&mut tree, "/b"));
    let taken = FolderRefused::NameTaken { name: name("a"), path: path("/") };
    assert_eq!(tree.create(&path("/"), name("a"), None, now()), Err(taken.clone()));
    let rename = |to: &str| FolderChange { name: Some(name(to)), description: None };
    assert_eq!(tree.change(b, rename("a"), now()), Err(taken));
    assert_eq!(tree.change(a, rename("a"), now()), Ok(false));
    assert_eq!(tree.change(b, rename("c"), now()), Ok(true));
    assert_eq!((tree.folder(b).unwrap().version, tree.at(&path("/c"))), (2, Some(b)));
    assert_eq!(tree.change(tree.root(), rename("r"), now()), Err(FolderRefused::Root));
    let unnameable = FolderRefused::Unnameable("x y".to_owned());
    assert_eq!(tree.create(&path("/x y"), name("a"), None, now()), Err(unnameable));
}

#[test]
fn a_folder_goes_with_all_below_it_and_their_imports_and_leaves_the_intent_to_purge() {
    let mut tree = tree();
    let (c, d) = (create(&mut tree, "/a/b/c"), create(&mut tree, "/d"));
    let (a, b) = (tree.at(&path("/a")).unwrap(), tree.at(&path("/a/b")).unwrap());
    let import_of_b = import(&tree, b, "/d");
    let gone = import_of_b.id;
    tree.add_import(import_of_b).unwrap();
    let kept = import(&tree, d, "/a");
    tree.add_import(kept.clone()).unwrap();
    let removed = tree.remove(a).unwrap();
    assert_eq!(removed.iter().map(|folder| folder.id).collect::<Vec<_>>(), [a, b, c]);
    assert_eq!(tree.purging(), [a, b, c]);
    assert_eq!(tree.leaving(), [gone]);
    assert!(!tree.contains(b) && tree.contains(d));
    assert_eq!(tree.imports().collect::<Vec<_>>(), [&kept]);
    tree.purged(&[b, a]);
    assert_eq!(tree.purging(), [c]);
    tree.left(9);
    assert!(tree.is_purging());
    tree.purged(&[c]);
    assert!(!tree.is_purging());
    assert_eq!(tree.remove(a), Err(FolderRefused::Absent(a)));
}

#[test]
fn an_environment_that_ends_leaves_nothing_but_what_is_to_be_purged() {
    let mut tree = tree();
    let (a, root) = (create(&mut tree, "/a"), tree.root());
    tree.end(now());
    assert_eq!((tree.purging(), tree.gone_at()), ([a, root].as_slice(), Some(now())));
    assert!(!tree.contains(root) && tree.at(&path("/")).is_none());
    assert_eq!(tree.create(&path("/"), name("b"), None, now()), Err(FolderRefused::Gone));
    tree.purged(&[a, root]);
    tree.end(now());
    assert!(tree.purging().is_empty());
}

#[test]
fn limits_are_refused_in_words() {
    let mut tree = tree();
    let deep = |first: &str| format!("/{first}{}", "/x".repeat(DEEPEST - 1));
    for number in 0..MOST_FOLDERS / DEEPEST {
        create(&mut tree, &deep(&number.to_string()));
    }
    let too_deep = tree.create(&path(&deep("0")), name("x"), None, now());
    assert_eq!(too_deep, Err(FolderRefused::TooDeep));
    assert_eq!(tree.create(&path("/"), name("one-more"), None, now()), Err(FolderRefused::TooMany));
    let ids: Vec<FolderId> = tree.folders().map(|folder| folder.id).collect();
    let long = FolderChange { name: None, description: Some(Some("\u{1}".repeat(255))) };
    let refused = ids.iter().find_map(|id| tree.change(*id, long.clone(), now()).err());
    assert_eq!(refused, Some(FolderRefused::TooLarge));
    assert!(tree.fits());
}

fn import(tree: &FolderTree, folder: FolderId, from: &str) -> SecretImport {
    SecretImport {
        id: SecretImportId::random(),
        folder_id: folder,
        environment_id: tree.environment_id,
        path: path(from),
        is_replication: false,
        created_at: now(),
        updated_at: now(),
    }
}

#[test]
fn imports_keep_their_order_and_move_within_their_folder() {
    let mut tree = tree();
    let (root, f) = (tree.root(), create(&mut tree, "/f"));
    let imports: Vec<SecretImport> = ["/a", "/b", "/c"].map(|from| import(&tree, root, from)).to_vec();
    for (index, one) in imports.iter().enumerate() {
        assert_eq!(tree.add_import(one.clone()), Ok(index + 1));
        tree.add_import(import(&tree, f, one.path.as_str())).unwrap();
    }
    let order = |tree: &FolderTree, folder| -> Vec<String> {
        tree.imports_of(folder).map(|import| import.path.to_string()).collect()
    };
    let to = |position| ImportChange { position: Some(position), ..ImportChange::default() };
    for (moved, position, expected) in [
        (0, 3, ["/b", "/c", "/a"]),
        (0, 1, ["/a", "/b", "/c"]),
        (2, 1, ["/c", "/a", "/b"]),
        (2, 99, ["/a", "/b", "/c"]),
        (1, 2, ["/a", "/b", "/c"]),
    ] {
        let before = order(&tree, root);
        let changed = tree.change_import(imports[moved].id, to(position), now()).unwrap();
        assert_eq!(order(&tree, root), expected, "{moved} to {position}");
        assert_eq!(changed, before != expected);
        assert_eq!(order(&tree, f), ["/a", "/b", "/c"]);
    }
    let (position, gone) = tree.remove_import(imports[1].id).unwrap();
    assert_eq!((position, gone.path), (2, path("/b")));
    assert_eq!(tree.import(imports[2].id).unwrap().0, 2);
}

#[test]
fn a_folder_imports_nothing_twice_and_never_itself() {
    let mut tree = tree();
    let f = create(&mut tree, "/f");
    let first = import(&tree, f, "/a");
    tree.add_import(first.clone()).unwrap();
    let taken = FolderRefused::ImportTaken { path: path("/a") };
    assert_eq!(tree.add_import(import(&tree, f, "/a")), Err(taken.clone()));
    assert_eq!(tree.add_import(import(&tree, f, "/f/")), Err(FolderRefused::ImportsItself));
    let second = import(&tree, f, "/b");
    tree.add_import(second.clone()).unwrap();
    let move_to = |from: &str| ImportChange { path: Some(path(from)), ..ImportChange::default() };
    assert_eq!(tree.change_import(second.id, move_to("/a"), now()), Err(taken));
    assert_eq!(tree.change_import(second.id, move_to("/f"), now()), Err(FolderRefused::ImportsItself));
    assert_eq!(tree.imports_of(f).count(), 2);
    let elsewhere = SecretImport { environment_id: EnvironmentId::random(), ..import(&tree, f, "/f") };
    assert_eq!(tree.add_import(elsewhere), Ok(3));
}

#[test]
fn a_tree_reads_back_from_its_stored_form() {
    let mut tree = tree();
    let a = create(&mut tree, "/a/b");
    tree.add_import(import(&tree, a, "/x")).unwrap();
    for _ in 0..2 {
        let stored = serde_json::to_value(&tree).unwrap();
        assert_eq!(serde_json::from_value::<FolderTree>(stored).unwrap(), tree);
        tree.end(now());
    }
}

#[test]
fn no_folder_comes_to_lie_where_no_path_leads() {
    let mut tree = tree();
    let long = |letter: &str| letter.repeat(250);
    let three = path(&format!("/{}/{}/{}", long("a"), long("b"), long("c")));
    let deep = tree.create(&three, name(&long("d")), None, now()).unwrap();
    assert!(tree.path_of(deep).unwrap().as_str().parse::<SecretPath>().is_ok());
    let four = tree.path_of(deep).unwrap();
    assert_eq!(tree.create(&four, name(&long("e")), None, now()), Err(FolderRefused::TooDeep));
    let e = tree.create(&four, name("e"), None, now()).unwrap();
    let first = tree.at(&path(&format!("/{}", long("a")))).unwrap();
    let longer = FolderChange { name: Some(name(&"a".repeat(255))), description: None };
    assert_eq!(tree.change(first, longer.clone(), now()), Ok(true));
    let before = tree.clone();
    let longest = FolderChange { name: Some(name(&"x".repeat(255))), description: None };
    assert_eq!(tree.change(e, longest, now()), Err(FolderRefused::TooDeep));
    let b = tree.child(first, &long("b")).unwrap().id;
    for id in [b, deep] {
        tree.change(id, longer.clone(), now()).ok();
    }
    assert!(tree.folders().all(|one| tree.path_of(one.id).unwrap().as_str().parse::<SecretPath>().is_ok()));
    assert!(before.path_of(e).is_some());
}

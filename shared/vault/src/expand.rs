//! Following references: first everything that they lead to is read, level by level, then the values are worked out at once.

use std::collections::{BTreeSet, HashMap};

use model::id::FolderId;
use model::secret::reference::{Reference, references};
use model::secret::{Expanded, Graph, Node, SecretName, Unresolved};
use secrecy::{ExposeSecret as _, SecretString};

use crate::Error;
use crate::reading::{Reading, Spot};

/// A value whose references are to be followed.
pub(crate) struct Root {
    /// The folder that it is in.
    pub(crate) spot: Spot,
    /// Its secret's name.
    pub(crate) name: SecretName,
    /// Whether references to that name mean it: not of personal secrets and of earlier versions.
    pub(crate) is_shared: bool,
    /// The value as it was written.
    pub(crate) value: SecretString,
}

/// Secrets as they will be: `None` for one that goes.
pub(crate) type Overlay = HashMap<(FolderId, SecretName), Option<SecretString>>;

/// The secrets that roots lead to.
pub(crate) struct Loaded {
    pub(crate) graph: Graph,
    /// For each root, its place in the graph.
    pub(crate) roots: Vec<usize>,
}

struct Loading {
    nodes: Vec<Node>,
    spots: Vec<Spot>,
    known: HashMap<(FolderId, SecretName), usize>,
}

impl Loading {
    fn add(&mut self, spot: Spot, label: String, value: SecretString) -> usize {
        self.nodes.push(Node { label, value, targets: Vec::new() });
        self.spots.push(spot);
        self.nodes.len() - 1
    }
}

impl Reading<'_> {
    /// The roots' values with their references followed, in their order.
    pub(crate) async fn expand(&mut self, roots: Vec<Root>) -> Result<Vec<Expanded>, Error> {
        let Loaded { graph, roots } = self.graph(roots, &Overlay::new()).await?;
        let expanded = graph.expand();
        Ok(roots.into_iter().filter_map(|root| expanded.get(root).cloned()).collect())
    }

    /// Reads everything that the roots lead to, as if `overlay` were stored.
    pub(crate) async fn graph(&mut self, roots: Vec<Root>, overlay: &Overlay) -> Result<Loaded, Error> {
        let mut loading = Loading { nodes: Vec::new(), spots: Vec::new(), known: HashMap::new() };
        let mut places = Vec::with_capacity(roots.len());
        for Root { spot, name, is_shared, value } in roots {
            let key = (spot.folder, name);
            if let Some(known) = loading.known.get(&key).filter(|_| is_shared) {
                places.push(*known);
                continue;
            }
            let label = self.label(spot, key.1.as_str()).await?;
            let place = loading.add(spot, label, value);
            if is_shared {
                loading.known.insert(key, place);
            }
            places.push(place);
        }
        let mut done = 0;
        while done < loading.nodes.len() {
            let level = done..loading.nodes.len();
            done = level.end;
            for node in self.aims(&loading, level).await? {
                let mut targets = Vec::with_capacity(node.aims.len());
                for aim in node.aims {
                    targets.push(match aim {
                        Ok(aim) => self.find(&mut loading, aim, overlay).await?,
                        Err(unresolved) => Err(unresolved),
                    });
                }
                loading.nodes[node.at].targets = targets;
            }
        }
        Ok(Loaded { graph: Graph::new(loading.nodes), roots: places })
    }

    /// Where the references of a level aim, with those folders loaded side by side.
    async fn aims(&mut self, loading: &Loading, level: std::ops::Range<usize>) -> Result<Vec<Aims>, Error> {
        let (mut level_aims, mut folders) = (Vec::new(), BTreeSet::new());
        for at in level {
            let mut aims = Vec::new();
            for (reference, written) in references(loading.nodes[at].value.expose_secret()) {
                let aim = self.aim(loading.spots[at], reference, written).await?;
                folders.extend(aim.iter().map(|aim| aim.spot));
                aims.push(aim);
            }
            if !aims.is_empty() {
                level_aims.push(Aims { at, aims });
            }
        }
        self.load(folders).await?;
        Ok(level_aims)
    }

    async fn aim(
        &mut self,
        from: Spot,
        reference: Reference,
        written: &str,
    ) -> Result<Result<Aim, Unresolved>, Error> {
        let written = written.to_owned();
        let (slug, path, key) = match reference {
            Reference::Near { key } => return Ok(Ok(Aim { spot: from, key, written })),
            Reference::Far { environment, path, key } => (environment, path, key),
        };
        let found = self.project.environments.find_by_slug(&slug);
        let tree = match found {
            Some((_, environment)) => match self.tree(environment.id).await {
                Ok(tree) => Some(tree),
                Err(Error::NoEnvironment) => None,
                Err(error) => return Err(error),
            },
            None => None,
        };
        let Some(tree) = tree else {
            return Ok(Err(Unresolved::NoEnvironment { reference: written, environment: slug }));
        };
        let environment = tree.environment_id;
        match tree.at(&path) {
            Some(folder) => Ok(Ok(Aim { spot: Spot { environment, folder }, key, written })),
            None => {
                // It comes to be with a change of the folder where its path ends for now.
                self.read.folder(environment, tree.nearest(&path));
                Ok(Err(Unresolved::NoFolder { reference: written, path: path.to_string() }))
            }
        }
    }

    /// The node that an aim means: a secret of that folder, or else the first one on the way through its imports.
    async fn find(
        &mut self,
        loading: &mut Loading,
        aim: Aim,
        overlay: &Overlay,
    ) -> Result<Result<usize, Unresolved>, Error> {
        let Aim { spot, key, written } = aim;
        let absent = |key: String, reference| Ok(Err(Unresolved::NoSecret { reference, key }));
        let Ok(name) = key.parse::<SecretName>() else { return absent(key, written) };
        if let Some(node) = self.node(loading, spot, &name, overlay).await? {
            return Ok(Ok(node));
        }
        let chain = self.chain(spot).await?;
        self.load(chain.iter().copied()).await?;
        for at in chain.iter().skip(1) {
            if let Some(node) = self.node(loading, *at, &name, overlay).await? {
                return Ok(Ok(node));
            }
        }
        absent(key, written)
    }

    /// The node of a secret of a folder that was loaded, made when it is met for the first time.
    async fn node(
        &mut self,
        loading: &mut Loading,
        spot: Spot,
        name: &SecretName,
        overlay: &Overlay,
    ) -> Result<Option<usize>, Error> {
        let key = (spot.folder, name.clone());
        let stored = match overlay.get(&key) {
            Some(None) => return Ok(None),
            Some(Some(_)) => None,
            None => match self.loaded(spot, name) {
                Some(stored) => Some(stored.clone()),
                None => return Ok(None),
            },
        };
        if let Some(stored) = &stored {
            self.read.refers_to(stored);
        }
        if let Some(known) = loading.known.get(&key) {
            return Ok(Some(*known));
        }
        let value = match (stored, overlay.get(&key)) {
            (Some(stored), _) => self.vault.open_value(&stored).await?,
            (None, Some(Some(value))) => value.clone(),
            (None, _) => return Ok(None),
        };
        let label = self.label(spot, name.as_str()).await?;
        let node = loading.add(spot, label, value);
        loading.known.insert(key, node);
        Ok(Some(node))
    }
}

/// Where a reference aims: a name in a folder that is there.
struct Aim {
    spot: Spot,
    key: String,
    written: String,
}

/// The aims of one node, in the order of its references.
struct Aims {
    at: usize,
    aims: Vec<Result<Aim, Unresolved>>,
}

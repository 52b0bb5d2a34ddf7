//! Where the content of blobs lies if not in memory: a directory of this server's own, `rooms.blob_directory`.
//!
//! One file for each, under a number that counts up from the start and says nothing of any room, sealed once more under a key of
//! its own that is in memory alone and forgotten with it: what a disk or a crash leaves of a file can be read by nobody, not even
//! by who was in the room. All files are removed at every start and every orderly stop. Nothing of anybody else's is
//! touched: a directory with anything else in it is refused. Which blobs there may be is decided in `parlour-signaling`; a file goes
//! when the last who has its [`Elsewhere`] lets go of it (docs/decisions/0012-blobs-on-disk.md).

use std::collections::HashMap;
use std::fs::{self, DirBuilder, File, OpenOptions, TryLockError};
use std::io::{self, Read as _, Write as _};
use std::os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _, PermissionsExt as _};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc::{self, Sender};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use aws_lc_rs::aead::{AES_256_GCM, Aad, LessSafeKey, NONCE_LEN, Nonce, UnboundKey};
use futures_util::Stream;
use hyper::body::Bytes;
use parlour_signaling::{BlobContent, Elsewhere};
use rand::TryRng as _;
use rand::rngs::SysRng;
use tokio::sync::Semaphore;

/// Held locked by the server whose directory it is.
const LOCK: &str = "parlour.lock";
/// What names of blobs' files end in, behind 16 hexadecimal digits.
const ENDING: &str = ".blob";
/// Threads that wait for the disk at a time; whoever else wants something of it waits for them.
const AT_ONCE: usize = 16;
/// A file is sealed and read in pieces of so many bytes: what a slow reader holds in memory.
const PIECE_BYTES: usize = 64 * 1024;

/// A key for one file, and nothing else: its pieces are counted by their nonces.
type Key = Arc<LessSafeKey>;
/// By the names of their files.
type Keys = Arc<Mutex<HashMap<u64, Key>>>;

/// The directory, made ready and locked.
#[derive(Debug)]
pub struct BlobDirectory {
    path: PathBuf,
    next: AtomicU64,
    let_go: Sender<u64>,
    keys: Keys,
    disk: Arc<Semaphore>,
    /// Unlocked when it is closed.
    _lock: File,
}

impl BlobDirectory {
    /// Makes it if it is not there, empties it, and keeps everybody else out.
    ///
    /// # Errors
    /// A sentence that says what to do.
    pub fn open(path: &Path) -> Result<Self, String> {
        let sentence = |error: io::Error| {
            format!(
                "cannot keep blobs in {}: {error}; choose a directory that is ours to write to with --rooms-blob-directory",
                path.display()
            )
        };
        if !path.exists() {
            DirBuilder::new()
                .recursive(true)
                .mode(0o700)
                .create(path)
                .map_err(sentence)?;
        }
        // First of all, before anything in it is changed.
        if let Some(foreign) = own_files(path).map_err(sentence)?.foreign {
            return Err(format!(
                "cannot keep blobs in {}: it holds {foreign:?}, which is not ours, and the directory is emptied at every start; \
                 choose an empty one with --rooms-blob-directory",
                path.display()
            ));
        }
        let lock = open_file(&path.join(LOCK), false).map_err(sentence)?;
        match lock.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => {
                return Err(format!(
                    "cannot keep blobs in {}: another Parlour does; choose another directory with --rooms-blob-directory",
                    path.display()
                ));
            }
            Err(TryLockError::Error(error)) => return Err(sentence(error)),
        }
        fs::set_permissions(path, fs::Permissions::from_mode(0o700)).map_err(sentence)?;
        wipe(path).map_err(sentence)?;
        // Found out now, and not when somebody leaves something.
        write(&file_of(path, 0), b"")
            .and_then(|()| fs::remove_file(file_of(path, 0)))
            .map_err(sentence)?;
        let (let_go, names) = mpsc::channel();
        let keys = Keys::default();
        let (own, forgotten) = (path.to_owned(), Arc::clone(&keys));
        std::thread::Builder::new()
            .name("blobs".to_owned())
            .spawn(move || {
                for name in names {
                    locked(&forgotten).remove(&name);
                    // What cannot be removed now is removed at the next start.
                    let _ = fs::remove_file(file_of(&own, name));
                }
            })
            .map_err(sentence)?;
        Ok(Self {
            path: path.to_owned(),
            next: AtomicU64::new(1),
            let_go,
            keys,
            disk: Arc::new(Semaphore::new(AT_ONCE)),
            _lock: lock,
        })
    }

    /// Puts it on the disk.
    ///
    /// # Errors
    /// What the system says, such as that the disk is full: nothing of it stays.
    pub(crate) async fn put(&self, content: Vec<u8>) -> io::Result<BlobContent> {
        let name = self.next.fetch_add(1, Ordering::Relaxed);
        let bytes = content.len();
        // From here on it is let go of, whatever comes.
        let held = Elsewhere::new(name, bytes, self.let_go.clone());
        let file = file_of(&self.path, name);
        let key = fresh_key()?;
        locked(&self.keys).insert(name, Arc::clone(&key));
        on_disk(&self.disk, move || write(&file, &sealed(&key, &content)?)).await?;
        Ok(BlobContent::Elsewhere(Arc::new(held)))
    }

    /// What is in it, piece by piece as it is wanted.
    ///
    /// # Errors
    /// What the system says. The stream ends with an error if there is less than was put there.
    pub(crate) async fn read(
        &self,
        content: Arc<Elsewhere>,
    ) -> io::Result<impl Stream<Item = io::Result<Bytes>> + Send + Sync + 'static> {
        let path = file_of(&self.path, content.name());
        let key = locked(&self.keys).get(&content.name()).cloned();
        let key = key.ok_or_else(|| io::Error::from(io::ErrorKind::NotFound))?;
        let file = on_disk(&self.disk, move || File::open(path)).await?;
        let disk = Arc::clone(&self.disk);
        let left = BlobContent::Elsewhere(content).bytes();
        Ok(futures_util::stream::unfold(Some((file, 0, left)), move |rest| {
            let (disk, key) = (Arc::clone(&disk), Arc::clone(&key));
            async move {
                let (file, number, left) = rest.filter(|(_, _, left)| *left > 0)?;
                match on_disk(&disk, move || opened(&key, file, number, left)).await {
                    Ok((file, piece)) => {
                        let left = left - piece.len();
                        Some((Ok(piece), Some((file, number + 1, left))))
                    }
                    Err(error) => Some((Err(error), None)),
                }
            }
        }))
    }

    /// Removes all there is, at the end.
    pub(crate) async fn empty(&self) {
        let path = self.path.clone();
        // What cannot be removed now is removed at the next start.
        let _ = on_disk(&self.disk, move || wipe(&path)).await;
    }
}

fn locked(keys: &Keys) -> MutexGuard<'_, HashMap<u64, Key>> {
    keys.lock().unwrap_or_else(PoisonError::into_inner)
}

fn fresh_key() -> io::Result<Key> {
    let mut bytes = [0; 32];
    SysRng.try_fill_bytes(&mut bytes).map_err(io::Error::other)?;
    let key = UnboundKey::new(&AES_256_GCM, &bytes).map_err(io::Error::other)?;
    Ok(Arc::new(LessSafeKey::new(key)))
}

/// The nonce of a piece: its number in its file.
fn nonce(number: u32) -> Nonce {
    let mut nonce = [0; NONCE_LEN];
    nonce[..4].copy_from_slice(&number.to_be_bytes());
    Nonce::assume_unique_for_key(nonce)
}

fn sealed(key: &LessSafeKey, content: &[u8]) -> io::Result<Vec<u8>> {
    let mut file =
        Vec::with_capacity(content.len() + (content.len() / PIECE_BYTES + 1) * AES_256_GCM.tag_len());
    for (number, piece) in (0..).zip(content.chunks(PIECE_BYTES)) {
        let start = file.len();
        file.extend_from_slice(piece);
        let tag = key.seal_in_place_separate_tag(nonce(number), Aad::empty(), &mut file[start..]);
        file.extend_from_slice(tag.map_err(io::Error::other)?.as_ref());
    }
    Ok(file)
}

fn opened(key: &LessSafeKey, mut file: File, number: u32, left: usize) -> io::Result<(File, Bytes)> {
    let bytes = left.min(PIECE_BYTES);
    let mut piece = vec![0; bytes + AES_256_GCM.tag_len()];
    file.read_exact(&mut piece)?;
    key.open_in_place(nonce(number), Aad::empty(), &mut piece)
        .map_err(io::Error::other)?;
    piece.truncate(bytes);
    Ok((file, piece.into()))
}

/// A disk may be slow or gone: no thread of the server waits for it, and not all of those that may.
async fn on_disk<T: Send + 'static>(
    disk: &Semaphore,
    task: impl FnOnce() -> io::Result<T> + Send + 'static,
) -> io::Result<T> {
    let _place = disk.acquire().await.map_err(io::Error::other)?;
    tokio::task::spawn_blocking(task)
        .await
        .map_err(io::Error::other)?
}

fn write(path: &Path, content: &[u8]) -> io::Result<()> {
    let written = open_file(path, true).and_then(|mut file| file.write_all(content));
    if written.is_err() {
        // Half of it, if anything.
        let _ = fs::remove_file(path);
    }
    written
}

fn open_file(path: &Path, new: bool) -> io::Result<File> {
    let mut options = OpenOptions::new();
    options.write(true).create(true).create_new(new).mode(0o600);
    options.open(path)
}

fn file_of(directory: &Path, name: u64) -> PathBuf {
    directory.join(format!("{name:016x}{ENDING}"))
}

/// What lies in a directory.
struct Files {
    blobs: Vec<PathBuf>,
    /// The name of something that is not ours.
    foreign: Option<String>,
}

fn own_files(directory: &Path) -> io::Result<Files> {
    let mut files = Files {
        blobs: Vec::new(),
        foreign: None,
    };
    for entry in fs::read_dir(directory)? {
        let entry = entry?;
        let name = entry.file_name().to_string_lossy().into_owned();
        let is_file = entry.file_type()?.is_file();
        let number = name.strip_suffix(ENDING).unwrap_or_default();
        if is_file && number.len() == 16 && number.bytes().all(|digit| digit.is_ascii_hexdigit()) {
            files.blobs.push(entry.path());
        } else if !(is_file && name == LOCK) {
            files.foreign = Some(name);
        }
    }
    Ok(files)
}

fn wipe(directory: &Path) -> io::Result<()> {
    for blob in own_files(directory)?.blobs {
        match fs::remove_file(blob) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
            Ok(()) | Err(_) => {}
        }
    }
    Ok(())
}

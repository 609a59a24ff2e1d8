//! What functions of Go's library and of well-known packages write, give and start.
//!
//! What functions of the library do is from <https://pkg.go.dev/std>, of packages from their pages on pkg.go.dev.

use super::super::facts::{
    Argument::At, Fact, Gives, Kind, NEEDS, Needs, Setting, gives, may_write, needs_root,
    needs_root_if, opens, setting, starts_with, writes, writes_if, writes_somewhere, writes_unless,
};

/// An argument that has a name, and no position.
const NOWHERE: usize = usize::MAX;

/// The library.
pub(super) const LIBRARY: &[Fact] = &[
    writes("os.Create", At(0, ""), Kind::File),
    writes("os.Mkdir", At(0, ""), Kind::Folder),
    writes("os.MkdirAll", At(0, ""), Kind::Folder),
    writes("os.WriteFile", At(0, ""), Kind::File),
    writes("os.CopyFS", At(0, ""), Kind::Folder),
    writes("io/ioutil.WriteFile", At(0, ""), Kind::File),
    writes("os.Rename", At(1, ""), Kind::File),
    writes("os.Symlink", At(1, ""), Kind::File),
    writes("os.Link", At(1, ""), Kind::File),
    may_write("os.Remove", At(0, ""), Kind::File),
    may_write("os.RemoveAll", At(0, ""), Kind::File),
    may_write("os.Truncate", At(0, ""), Kind::File),
    writes_unless("os.OpenFile", At(0, ""), At(1, ""), &["O_RDONLY", "0"]),
    writes("os.OpenRoot", At(0, ""), Kind::Folder),
    writes("os.MkdirTemp", At(0, ""), Kind::Folder),
    writes("os.CreateTemp", At(0, ""), Kind::Folder),
    writes("io/ioutil.TempDir", At(0, ""), Kind::Folder),
    writes("io/ioutil.TempFile", At(0, ""), Kind::Folder),
    writes("syscall.Mkdir", At(0, ""), Kind::Folder),
    writes_unless("syscall.Open", At(0, ""), At(1, ""), &["O_RDONLY", "0"]),
    writes_if("net.Listen", At(1, ""), At(0, ""), &["unix"]),
    writes_if("net.ListenUnix", At(1, ""), At(0, ""), &["unix"]),
    // Paths that are relative begin elsewhere from then on.
    writes_somewhere("os.Chdir"),
    writes_somewhere("plugin.Open"),
    opens("database/sql.Open", At(0, ""), At(1, "")),
    starts_with("os/exec.Command", 0),
    starts_with("os/exec.CommandContext", 1),
    starts_with("os.StartProcess", 0),
    starts_with("syscall.Exec", 0),
    needs_root_if("syscall.Socket", Needs { told: Some((At(1, ""), "SOCK_RAW")), ..NEEDS }),
    needs_root_if("syscall.Socket", Needs { told: Some((At(0, ""), "AF_PACKET")), ..NEEDS }),
    needs_root("syscall.Chroot"),
    needs_root("syscall.Mount"),
    needs_root("syscall.Setgid"),
    needs_root("syscall.Setgroups"),
    needs_root("syscall.Setuid"),
    needs_root("os.Chown"),
    needs_root("os.Lchown"),
    gives("os.Getenv", Gives::Variable),
    gives("os.LookupEnv", Gives::Variable),
    gives("os.Getwd", Gives::Working),
    gives("os.UserHomeDir", Gives::Home),
    gives("os.UserCacheDir", Gives::Home),
    gives("os.UserConfigDir", Gives::Home),
    gives("os.TempDir", Gives::Temporary),
    gives("os.MkdirTemp", Gives::TemporaryIn),
    gives("os.CreateTemp", Gives::TemporaryIn),
    gives("io/ioutil.TempDir", Gives::TemporaryIn),
    gives("io/ioutil.TempFile", Gives::TemporaryIn),
    gives("os.Create", Gives::First),
    gives("os.Open", Gives::First),
    gives("os.OpenFile", Gives::First),
    gives(".Name", Gives::Object),
    gives("path/filepath.Join", Gives::Below),
    gives("path.Join", Gives::Below),
    gives("path/filepath.Dir", Gives::Parent),
    gives("path.Dir", Gives::Parent),
    gives("path/filepath.Clean", Gives::First),
    gives("path.Clean", Gives::First),
    gives("path/filepath.Abs", Gives::First),
    gives("path/filepath.FromSlash", Gives::First),
    gives("path/filepath.ToSlash", Gives::First),
    gives("path/filepath.EvalSymlinks", Gives::First),
    gives("strings.TrimSpace", Gives::First),
    gives("strings.TrimRight", Gives::First),
    gives("fmt.Sprintf", Gives::Format),
    gives("fmt.Sprint", Gives::First),
    gives("strconv.Atoi", Gives::First),
    gives("strconv.Itoa", Gives::First),
    gives("string", Gives::First),
    gives("cmp.Or", Gives::Or),
    gives("flag.String", Gives::CommandOption),
];

/// Packages that send ICMP.
const PING: &[&str] = &[
    "github.com/go-ping/ping",
    "github.com/prometheus-community/pro-bing",
    "github.com/sparrc/go-ping",
];

/// A client of the Docker daemon.
pub(super) const DOCKER: Needs = Needs { unless: "DOCKER_HOST", ..NEEDS };

/// Packages of others.
pub(super) const PACKAGES: &[Fact] = &[
    // Databases.
    opens("github.com/jmoiron/sqlx.Open", At(0, ""), At(1, "")),
    opens("github.com/jmoiron/sqlx.Connect", At(0, ""), At(1, "")),
    opens("github.com/jmoiron/sqlx.ConnectContext", At(1, ""), At(2, "")),
    opens("github.com/jmoiron/sqlx.MustConnect", At(0, ""), At(1, "")),
    opens("github.com/jmoiron/sqlx.MustOpen", At(0, ""), At(1, "")),
    opens("github.com/jinzhu/gorm.Open", At(0, ""), At(1, "")),
    opens("xorm.io/xorm.NewEngine", At(0, ""), At(1, "")),
    opens("github.com/go-xorm/xorm.NewEngine", At(0, ""), At(1, "")),
    opens("github.com/uptrace/opentelemetry-go-extra/otelsql.Open", At(0, ""), At(1, "")),
    opens("github.com/XSAM/otelsql.Open", At(0, ""), At(1, "")),
    opens("github.com/beego/beego/client/orm.RegisterDataBase", At(1, ""), At(2, "")),
    opens("github.com/astaxie/beego/orm.RegisterDataBase", At(1, ""), At(2, "")),
    writes("gorm.io/driver/sqlite.Open", At(0, ""), Kind::Database),
    writes("github.com/glebarez/sqlite.Open", At(0, ""), Kind::Database),
    writes("github.com/glebarez/go-sqlite.Open", At(0, ""), Kind::Database),
    writes("zombiezen.com/go/sqlite.OpenConn", At(0, ""), Kind::Database),
    writes("zombiezen.com/go/sqlite/sqlitex.NewPool", At(0, ""), Kind::Database),
    writes("go.etcd.io/bbolt.Open", At(0, ""), Kind::Database),
    writes("github.com/boltdb/bolt.Open", At(0, ""), Kind::Database),
    writes("github.com/asdine/storm.Open", At(0, ""), Kind::Database),
    writes("github.com/tidwall/buntdb.Open", At(0, ""), Kind::Database),
    writes("github.com/dgraph-io/badger.DefaultOptions", At(0, ""), Kind::Folder),
    writes("github.com/dgraph-io/badger.LSMOnlyOptions", At(0, ""), Kind::Folder),
    writes("github.com/cockroachdb/pebble.Open", At(0, ""), Kind::Folder),
    writes("github.com/syndtr/goleveldb/leveldb.OpenFile", At(0, ""), Kind::Folder),
    writes("github.com/akrylysov/pogreb.Open", At(0, ""), Kind::Folder),
    writes("github.com/blevesearch/bleve.New", At(0, ""), Kind::Folder),
    writes("github.com/blevesearch/bleve.Open", At(0, ""), Kind::Folder),
    writes("github.com/hashicorp/raft-boltdb.NewBoltStore", At(0, ""), Kind::Database),
    writes("github.com/hashicorp/raft.NewFileSnapshotStore", At(0, ""), Kind::Folder),
    writes("github.com/sdomino/scribble.New", At(0, ""), Kind::Folder),
    writes("github.com/peterbourgon/diskv.Options", At(NOWHERE, "BasePath"), Kind::Folder),
    // Logs.
    writes("gopkg.in/natefinch/lumberjack.v2.Logger", At(NOWHERE, "Filename"), Kind::File),
    writes("github.com/natefinch/lumberjack.Logger", At(NOWHERE, "Filename"), Kind::File),
    writes("github.com/lestrrat-go/file-rotatelogs.New", At(0, ""), Kind::File),
    writes("github.com/lestrrat/go-file-rotatelogs.New", At(0, ""), Kind::File),
    writes("github.com/rifflock/lfshook.NewHook", At(0, ""), Kind::File),
    writes("go.uber.org/zap.Config", At(NOWHERE, "OutputPaths"), Kind::File),
    writes("go.uber.org/zap.Open", At(0, ""), Kind::File),
    // Certificates.
    writes("golang.org/x/crypto/acme/autocert.DirCache", At(0, ""), Kind::Folder),
    writes("github.com/charmbracelet/wish.WithHostKeyPath", At(0, ""), Kind::File),
    // Uploads and downloads.
    writes(".SaveUploadedFile", At(1, ""), Kind::File),
    writes(".SaveFormFile", At(1, ""), Kind::File),
    writes(".FGetObject", At(3, ""), Kind::File),
    writes("github.com/valyala/fasthttp.SaveMultipartFile", At(1, ""), Kind::File),
    writes("github.com/cavaliergopher/grab.Get", At(0, ""), Kind::Folder),
    writes("github.com/go-git/go-git.PlainClone", At(0, ""), Kind::Folder),
    writes("github.com/go-git/go-git.PlainInit", At(0, ""), Kind::Folder),
    // Documents and pictures.
    writes(".SaveAs", At(0, ""), Kind::File),
    writes(".OutputFileAndClose", At(0, ""), Kind::File),
    writes(".SavePNG", At(0, ""), Kind::File),
    writes("github.com/disintegration/imaging.Save", At(1, ""), Kind::File),
    // Settings and sessions.
    writes("github.com/joho/godotenv.Write", At(1, ""), Kind::File),
    writes("github.com/spf13/viper.WriteConfigAs", At(0, ""), Kind::File),
    writes("github.com/spf13/viper.SafeWriteConfigAs", At(0, ""), Kind::File),
    writes_somewhere("github.com/spf13/viper.WriteConfig"),
    writes_somewhere("github.com/spf13/viper.SafeWriteConfig"),
    writes_somewhere(".WriteConfig"),
    writes_somewhere(".SafeWriteConfig"),
    writes(".WriteConfigAs", At(0, ""), Kind::File),
    writes("github.com/gorilla/sessions.NewFilesystemStore", At(0, ""), Kind::Folder),
    writes(".SaveFile", At(0, ""), Kind::File),
    writes("github.com/gocolly/colly.CacheDir", At(0, ""), Kind::Folder),
    // File systems behind an interface: afero, billy, os.Root.
    writes(".MkdirAll", At(0, ""), Kind::Folder),
    writes(".WriteFile", At(0, ""), Kind::File),
    writes_unless(".OpenFile", At(0, ""), At(1, ""), &["O_RDONLY", "0"]),
    writes("github.com/spf13/afero.WriteFile", At(1, ""), Kind::File),
    writes_somewhere("github.com/spf13/afero.NewOsFs"),
    // A folder of the user, wherever it lives.
    gives("github.com/mitchellh/go-homedir.Dir", Gives::Home),
    gives("github.com/mitchellh/go-homedir.Expand", Gives::First),
    gives("github.com/spf13/pflag.String", Gives::CommandOption),
    needs_root("golang.org/x/sys/unix.Chroot"),
    needs_root("golang.org/x/sys/unix.Mount"),
    needs_root("github.com/google/gopacket/pcap.OpenLive"),
    needs_root("github.com/vishvananda/netlink.AddrAdd"),
    needs_root("github.com/vishvananda/netlink.LinkAdd"),
    needs_root("github.com/vishvananda/netlink.LinkDel"),
    needs_root("github.com/vishvananda/netlink.LinkSetUp"),
    needs_root("github.com/vishvananda/netlink.RouteAdd"),
    // Raw sockets: pkg.go.dev/golang.org/x/net/icmp#ListenPacket; the README of pro-bing, which pings without them
    // unless it is told.
    needs_root_if(
        "golang.org/x/net/icmp.ListenPacket",
        Needs { told: Some((At(0, ""), "\"ip")), ..NEEDS },
    ),
    needs_root_if(".SetPrivileged", Needs { told: Some((At(0, ""), "true")), with: PING, ..NEEDS }),
    // The socket of Docker's daemon is root's, unless another host is told.
    needs_root_if("github.com/docker/docker/client.NewClientWithOpts", DOCKER),
    needs_root_if("github.com/docker/docker/client.NewEnvClient", DOCKER),
    needs_root("github.com/songgao/water.New"),
];

/// The fields of zap's settings: pkg.go.dev/go.uber.org/zap#Config.
pub(super) const SETTINGS: &[Setting] =
    &[setting("OutputPaths", Kind::File), setting("ErrorOutputPaths", Kind::File)];

//! What frameworks, stores and clients of Go write, besides the packages in [`super::facts`].
//!
//! What they do is from their pages on pkg.go.dev.

use super::super::facts::{
    Argument::{At, Named, Object},
    DOCKER, Fact, Kind, When, needs_root_if, opens, writes, writes_if, writes_somewhere,
};

/// Packages of others.
pub(super) const MORE: &[Fact] = &[
    // Frameworks: go-zero.dev: "Log"; goframe.org: "gfile", "File Upload"; beego.wiki: "Logs Module", "Upload Files";
    // iris-go.com: "Upload Multiple Files".
    writes("github.com/zeromicro/go-zero/core/logx.LogConf", Named("Path"), Kind::Folder)
        .or("logs")
        .when(When::Mode(Named("Mode"), &["file", "volume"])),
    writes("github.com/gogf/gf/os/gfile.PutContents", At(0, ""), Kind::File),
    writes("github.com/gogf/gf/os/gfile.PutContentsAppend", At(0, ""), Kind::File),
    writes("github.com/gogf/gf/os/gfile.PutBytes", At(0, ""), Kind::File),
    writes("github.com/gogf/gf/os/gfile.PutBytesAppend", At(0, ""), Kind::File),
    writes("github.com/gogf/gf/os/gfile.Create", At(0, ""), Kind::File),
    writes("github.com/gogf/gf/os/gfile.Mkdir", At(0, ""), Kind::Folder),
    writes("github.com/gogf/gf/os/gfile.CopyFile", At(1, ""), Kind::File),
    writes("github.com/gogf/gf/os/glog.SetPath", At(0, ""), Kind::Folder),
    writes_somewhere(".GetUploadFile"),
    writes_somewhere(".GetUploadFiles"),
    writes_if("github.com/beego/beego/core/logs.SetLogger", Object, At(0, ""), &["ile"]),
    writes_if("github.com/astaxie/beego/logs.SetLogger", Object, At(0, ""), &["ile"]),
    writes(".SaveToFile", At(1, ""), Kind::File)
        .with(&["github.com/astaxie/beego", "github.com/beego/beego"]),
    writes(".UploadFormFiles", At(0, ""), Kind::Folder),
    // Clients that keep what they fetch, and sessions.
    writes(".SetOutput", At(0, ""), Kind::File)
        .when(When::File(At(0, "")))
        .with(&["github.com/go-resty/resty", "resty.dev"]),
    writes(".SetOutputDirectory", At(0, ""), Kind::Folder),
    writes(".SetOutputFile", At(0, ""), Kind::File),
    writes(".SetOutputFileName", At(0, ""), Kind::File),
    writes(".Download", At(1, ""), Kind::File).with(&[
        "github.com/tucnak/telebot",
        "gopkg.in/telebot",
        "gopkg.in/tucnak/telebot",
    ]),
    writes("github.com/gotd/td/session.FileStorage", Named("Path"), Kind::File),
    writes("github.com/gotd/td/telegram.FileSessionStorage", Named("Path"), Kind::File),
    writes("github.com/knights-analytics/hugot.DownloadModel", At(1, ""), Kind::Folder),
    // Stores.
    opens("entgo.io/ent/dialect/sql.Open", At(0, ""), At(1, "")),
    writes("github.com/genjidb/genji.Open", At(0, ""), Kind::Folder),
    writes("github.com/nanobox-io/golang-scribble.New", At(0, ""), Kind::Folder),
    writes("github.com/ostafen/clover.Open", At(0, ""), Kind::Folder),
    writes("github.com/tus/tusd/pkg/filelocker.New", At(0, ""), Kind::Folder),
    writes("github.com/tus/tusd/pkg/filestore.New", At(0, ""), Kind::Folder),
    // Pictures, profiles, process numbers, pipes and devices.
    writes("github.com/h2non/bimg.Write", At(0, ""), Kind::File),
    writes("github.com/pkg/profile.ProfilePath", At(0, ""), Kind::Folder),
    writes("github.com/facebookgo/pidfile.SetPidfilePath", At(0, ""), Kind::File),
    writes("syscall.Mkfifo", At(0, ""), Kind::File),
    writes("golang.org/x/sys/unix.Mkfifo", At(0, ""), Kind::File),
    writes("go.bug.st/serial.Open", At(0, ""), Kind::File),
    writes("github.com/tarm/serial.Config", Named("Name"), Kind::File),
    // Other names and versions of clients of Docker.
    needs_root_if("github.com/fsouza/go-dockerclient.NewClientFromEnv", DOCKER),
    needs_root_if("github.com/moby/moby/client.NewClientWithOpts", DOCKER),
    needs_root_if("github.com/moby/moby/client.New", DOCKER),
];

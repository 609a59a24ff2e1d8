//! The calls that listen on a port.
//!
//! After docs.python.org, nodejs.org/api, pkg.go.dev, docs.oracle.com, docs.ruby-lang.org, php.net and doc.rust-lang.org,
//! and the references of the frameworks that the lines name.

use tree_sitter::Node;

use super::{
    Listening, Value,
    call::Call,
    evaluate::Evaluator,
    facts::{
        Argument::{self, At, Entry as In, Named},
        Fact, listens, listens_with,
    },
    grammar::{Parts as _, Role, line},
    scopes::{Definition, Located},
};

/// Those of Python. flask.palletsprojects.com: `Flask.run`; bottlepy.org: `run`; sanic.dev: "Running Sanic";
/// docs.aiohttp.org: `run_app`; uvicorn.dev: "Settings"; docs.pylonsproject.org: `waitress.serve`; tornadoweb.org:
/// `HTTPServer`; gevent.org: `gevent.pywsgi`; grpc.github.io/grpc/python: `Server`; github.com/prometheus/client_python;
/// aiosmtpd.aio-libs.org: "Controller"; gradio.app/docs: `launch`.
pub(super) const PYTHON: &[Fact] = &[
    listens(".run", Named("port")),
    listens(".run_server", Named("port")),
    listens_with(".run", At(1, "port"), &["flask", "quart", "sanic"]),
    listens("bottle.run", At(2, "port")),
    listens("uvicorn.run", Named("port")),
    listens("uvicorn.Config", Named("port")),
    listens("aiohttp.web.run_app", Named("port")),
    listens("aiohttp.web.TCPSite", At(2, "port")),
    listens("waitress.serve", Named("port")),
    listens("waitress.serve", Named("listen")),
    listens("http.server.HTTPServer", At(0, "server_address")),
    listens("http.server.ThreadingHTTPServer", At(0, "server_address")),
    listens("socketserver.TCPServer", At(0, "server_address")),
    listens("socketserver.ThreadingTCPServer", At(0, "server_address")),
    listens("socketserver.UDPServer", At(0, "server_address")),
    listens("socketserver.ThreadingUDPServer", At(0, "server_address")),
    listens("wsgiref.simple_server.make_server", At(1, "port")),
    listens("asyncio.start_server", At(2, "port")),
    listens("gevent.pywsgi.WSGIServer", At(0, "listener")),
    listens("eventlet.listen", At(0, "addr")),
    listens("websockets.serve", At(2, "port")),
    listens("prometheus_client.start_http_server", At(0, "port")),
    listens("aiosmtpd.controller.Controller", At(2, "port")),
    listens("dnslib.server.DNSServer", At(2, "port")),
    listens(".add_insecure_port", At(0, "address")),
    listens(".launch", Named("server_port")),
    listens_with(".bind", At(0, "address"), &["socket"]),
    listens_with(".listen", At(0, "port"), &["tornado"]),
];

/// Those of JavaScript. expressjs.com: `app.listen`; fastify.dev: "Server"; the READMEs of @hono/node-server and ws;
/// socket.io: "Server options"; bun.sh/docs/api/http; docs.deno.com/api; apollographql.com/docs: `startStandaloneServer`.
pub(super) const SCRIPTS: &[Fact] = &[
    listens(".listen", At(0, "")),
    listens(".listen", In(0, "port")),
    listens("@hono/node-server.serve", In(0, "port")),
    listens("ws.WebSocketServer", In(0, "port")),
    listens("ws.Server", In(0, "port")),
    listens("socket.io.Server", At(0, "")),
    listens("Bun.serve", In(0, "port")),
    listens("Deno.serve", In(0, "port")),
    listens("@apollo/server/standalone.startStandaloneServer", In(1, "listen.port")),
    listens_with(".bind", At(0, ""), &["dgram"]),
];

/// Those of Go: the pages of the packages on pkg.go.dev.
pub(super) const GO: &[Fact] = &[
    listens("net/http.ListenAndServe", At(0, "")),
    listens("net/http.ListenAndServeTLS", At(0, "")),
    listens("net/http.Server", Named("Addr")),
    listens("net.Listen", At(1, "")),
    listens("net.ListenPacket", At(1, "")),
    listens("crypto/tls.Listen", At(1, "")),
    listens("github.com/valyala/fasthttp.ListenAndServe", At(0, "")),
    listens("github.com/miekg/dns.Server", Named("Addr")),
    listens_with(".Run", At(0, ""), &["github.com/gin-gonic/gin"]),
    listens_with(".RunTLS", At(0, ""), &["github.com/gin-gonic/gin"]),
    listens_with(".Listen", At(0, ""), &["github.com/gofiber/fiber", "github.com/kataras/iris"]),
    listens_with(".Start", At(0, ""), &["github.com/labstack/echo"]),
    listens_with(".StartTLS", At(0, ""), &["github.com/labstack/echo"]),
];

/// Those of Java. javalin.io/documentation; vertx.io/docs: `HttpServer`; sparkjava.com/documentation; netty.io:
/// `ServerBootstrap`; undertow.io/undertow-docs; jetty.org: `Server`; grpc.io/docs/languages/java.
pub(super) const JAVA: &[Fact] = &[
    listens("java.net.ServerSocket", At(0, "")),
    listens("java.net.DatagramSocket", At(0, "")),
    listens("com.sun.net.httpserver.HttpServer.create", At(0, "")),
    listens("com.sun.net.httpserver.HttpsServer.create", At(0, "")),
    listens("org.eclipse.jetty.server.Server", At(0, "")),
    listens("spark.Spark.port", At(0, "")),
    listens("io.grpc.ServerBuilder.forPort", At(0, "")),
    listens_with(".start", At(0, ""), &["io.javalin"]),
    listens_with(".listen", At(0, ""), &["io.vertx"]),
    listens_with(".bind", At(0, ""), &["io.netty", "java.net", "java.nio.channels"]),
    listens_with(".addHttpListener", At(0, ""), &["io.undertow"]),
];

/// Those of C#. learn.microsoft.com: "Configure endpoints for the ASP.NET Core Kestrel web server", `TcpListener`.
pub(super) const CSHARP: &[Fact] = &[
    listens("TcpListener", At(1, "port")),
    listens("System.Net.Sockets.TcpListener", At(1, "port")),
    listens(".ListenAnyIP", At(0, "port")),
    listens(".Listen", At(1, "port")),
    listens(".UseUrls", At(0, "")),
    listens(".Run", At(0, "url")),
];

/// Those of Ruby. sinatrarb.com: "Configuring Settings"; docs.ruby-lang.org: WEBrick and sockets.
pub(super) const RUBY: &[Fact] = &[
    listens("TCPServer.new", At(1, "")),
    listens("TCPServer.open", At(1, "")),
    listens("WEBrick.HTTPServer.new", Named("Port")),
    listens("Socket.tcp_server_loop", At(1, "")),
    listens_with("set", At(1, ""), &["sinatra"]),
];

/// Those of PHP. reactphp.org/socket; wiki.swoole.com; manual.workerman.net; php.net: `stream_socket_server`.
pub(super) const PHP: &[Fact] = &[
    listens("stream_socket_server", At(0, "address")),
    listens("socket_bind", At(2, "port")),
    listens("React\\Socket\\SocketServer", At(0, "uri")),
    listens("React\\Socket\\TcpServer", At(0, "uri")),
    listens("React\\Socket\\Server", At(0, "uri")),
    listens("Swoole\\Server", At(1, "port")),
    listens("Swoole\\Http\\Server", At(1, "port")),
    listens("Swoole\\WebSocket\\Server", At(1, "port")),
    listens("Workerman\\Worker", At(0, "socket_name")),
];

/// How deep an address is looked for in the calls that make it.
const DEPTH: usize = 4;

impl<'t> Evaluator<'_, 't> {
    /// What a call listens on, if it is of the function that is meant.
    pub(super) fn listened(
        &self,
        call: &Call<'t>,
        at: Located<'t>,
        address: Argument,
        is_meant: bool,
    ) -> Option<Listening> {
        let node = self.argument(call, address, at.scope).filter(|_| is_meant)?;
        // `set :port, 80` of Sinatra sets anything.
        let first = call.positional.first().map_or("", |it| self.scopes.text_of(*it));
        if self.scopes.text_of(call.function) == "set" && first != ":port" {
            return None;
        }
        // An address of Rust may be that of a server elsewhere.
        let text: String = self.scopes.text_of(node).split_whitespace().collect();
        let is_any = ["([0,0,0,0],", "([0;4],", "([0;8],", "UNSPECIFIED"];
        let function = self.scopes.text_of(call.function);
        if function.ends_with("SocketAddr::from") && !is_any.iter().any(|it| text.contains(it)) {
            return None;
        }
        let address = self.address(Located { node, ..at }, DEPTH);
        let is_known = !matches!(address, Value::Unknown | Value::Nothing);
        is_known.then(|| Listening { line: line(at.node), address })
    }

    /// The address that an expression makes: the last of a list or of the arguments of a call is the port.
    fn address(&self, at: Located<'t>, depth: usize) -> Value {
        let Some(depth) = depth.checked_sub(1) else { return Value::Unknown };
        let last = |nodes: &[Node<'t>]| {
            nodes
                .last()
                .map_or(Value::Unknown, |node| self.address(Located { node: *node, ..at }, depth))
        };
        if matches!(self.scopes.grammar.role(at.node), Some(Role::List))
            || at.node.kind() == "tuple_expression"
        {
            let mut cursor = at.node.walk();
            let parts: Vec<Node<'t>> = at.node.named_children(&mut cursor).collect();
            return last(&parts);
        }
        if let Some(Role::Unary { operand }) = self.scopes.grammar.role(at.node)
            && let Some(node) = at.node.part(operand)
        {
            return self.address(Located { node, ..at }, depth);
        }
        // A name of an address that a call makes.
        if let Some(Role::Name) = self.scopes.grammar.role(at.node) {
            let found = self.scopes.definitions(self.scopes.text_of(at.node), at.scope);
            if let [Definition::Is(made)] = found
                && self.call(*made).is_some()
            {
                return self.address(*made, depth);
            }
        }
        let value = self.value(at);
        match value {
            Value::Unknown | Value::Applied { .. } | Value::Reference { .. } | Value::Nothing => {
                self.call(at).map_or(value, |call| last(&call.positional))
            }
            known => known,
        }
    }
}

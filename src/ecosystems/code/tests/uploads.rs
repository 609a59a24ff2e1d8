//! Where uploads and logs of Node go, as functions and tables of settings say.

use super::*;

#[test]
fn functions_and_tables_say_where_uploads_and_logs_go() {
    check(
        Language::JavaScript,
        &[
            (
                "const multer = require('multer')\nmulter.diskStorage({ destination(r, f, cb) { cb(null, 'up') } })",
                &["2 multer.diskStorage \"up\""],
            ),
            (
                "import multer from '@koa/multer'\nfunction to(r, f, cb) { cb(null, 'up') }\nmulter.diskStorage({ destination: to })",
                &["3 @koa/multer.diskStorage \"up\""],
            ),
            ("require('fastify')({ logger: { file: 'a.log' } })", &["1 fastify \"a.log\""]),
            (
                "f({ logger: { transport: { target: 'pino/file', options: { destination: 'a.log' } } } })",
                &["1 pino \"a.log\""],
            ),
        ],
    );
}

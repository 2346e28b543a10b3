// Sends one letter to each customer of a CSV with nodemailer's pool: text and HTML from Handlebars templates, compiled once.
// node pooled_nodemailer.js HOST PORT CUSTOMERS.csv TEXT.hbs HTML.hbs CONNECTIONS
"use strict";
const fs = require("node:fs");
const handlebars = require("handlebars");
const nodemailer = require("nodemailer");

const [host, port, customers, text, html, connections] = process.argv.slice(2);
const [header, ...rows] = fs.readFileSync(customers, "utf8").trim().split(/\r?\n/).map((line) => line.split(","));
const inText = handlebars.compile(fs.readFileSync(text, "utf8"), { noEscape: true });
const inHtml = handlebars.compile(fs.readFileSync(html, "utf8"));
const pool = nodemailer.createTransport({
  pool: true,
  host,
  port: Number(port),
  maxConnections: Number(connections),
  maxMessages: Infinity,
  ignoreTLS: true,
});

async function sendAll() {
  let next = 0;
  async function sender() {
    while (next < rows.length) {
      const cells = rows[next++];
      const customer = Object.fromEntries(header.map((name, place) => [name, cells[place]]));
      await pool.sendMail({
        from: "Acme <support@acme.example>",
        to: customer.email,
        subject: `Our outage of 20 November, ${customer.name}`,
        text: inText(customer),
        html: inHtml(customer),
      });
    }
  }
  await Promise.all(Array.from({ length: 2 * Number(connections) }, sender)); // so that the pool never waits for work
  pool.close();
}

sendAll().catch((error) => {
  console.error(String(error));
  process.exit(1);
});

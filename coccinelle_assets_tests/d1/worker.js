// The application, writing all the time: each request makes one appointment of a known person,
// now and then edits an old one, and answers with what it wrote.
export default {
  async fetch(request, env) {
    const n = Number(new URL(request.url).searchParams.get("n"));
    const statements = [
      env.DB.prepare(
        "INSERT INTO appointments (id, tenant_id, customer_name, customer_email, appointment_date)" +
          " VALUES (?, 't1', 'Worker', ?, '2025-05-01 10:00:00')",
      ).bind(`w${n}`, `person${n % 50}@ex.fr`),
    ];
    if (n % 3 === 0) {
      statements.push(
        env.DB.prepare("UPDATE appointments SET notes = ? WHERE id = ?").bind(`w${n}`, `a${n % 500}`),
      );
    }
    await env.DB.batch(statements);
    return new Response(`w${n}`);
  },
};

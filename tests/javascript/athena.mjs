// Runs a query in Athena, reads it by its pages and the object that holds its result.
import {
  AthenaClient,
  GetQueryExecutionCommand,
  StartQueryExecutionCommand,
  paginateGetQueryResults,
} from "@aws-sdk/client-athena";
import { GetObjectCommand, PutObjectCommand, S3Client } from "@aws-sdk/client-s3";

const [sql, bucket] = process.argv.slice(2);
const athena = new AthenaClient({});
const s3 = new S3Client({ forcePathStyle: true });
await s3.send(new PutObjectCommand({ Bucket: bucket, Key: "javascript/was-here.txt", Body: "né" }));
const was = await s3.send(
  new GetObjectCommand({ Bucket: bucket, Key: "javascript/was-here.txt" }),
);
const { QueryExecutionId } = await athena.send(
  new StartQueryExecutionCommand({
    QueryString: sql,
    ResultConfiguration: { OutputLocation: `s3://${bucket}/javascript/` },
  }),
);
let execution;
do {
  const found = await athena.send(new GetQueryExecutionCommand({ QueryExecutionId }));
  execution = found.QueryExecution;
} while (["QUEUED", "RUNNING"].includes(execution.Status.State));
const rows = [];
for await (const page of paginateGetQueryResults({ client: athena, pageSize: 2 }, { QueryExecutionId })) {
  rows.push(...page.ResultSet.Rows.map((row) => row.Data.map((cell) => cell.VarCharValue ?? null)));
}
const key = new URL(execution.ResultConfiguration.OutputLocation).pathname.slice(1);
const stored = await s3.send(new GetObjectCommand({ Bucket: bucket, Key: key }));
console.log(
  JSON.stringify({
    state: execution.Status.State,
    rows,
    csv: await stored.Body.transformToString(),
    was: await was.Body.transformToString(),
  }),
);

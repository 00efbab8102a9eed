// The audit's reference: the binding findings of a synthetic register as one would ask DuckDB for them. It does less than pecaudit: no dress, no scope by
// form, no dates of registration, no omocodia, no identity by REA, no reasons; its findings are counted, not compared.
//
//   node audit.mjs FOLDER OUT.csv      FOLDER holds imprese.csv and professionisti.csv; needs the package @duckdb/node-api
import { createRequire } from 'node:module'
const { DuckDBInstance } = createRequire(process.cwd() + '/')('@duckdb/node-api')
const [folder, out] = process.argv.slice(2)
const db = await DuckDBInstance.create(':memory:', { threads: '2' })
const c = await db.connect()
const csv = (name) =>
  `read_csv('${folder}/${name}', delim=';', header=true, all_varchar=true, quote='"', escape='"', auto_detect=false, strict_mode=false, null_padding=true, ignore_errors=true, parallel=false, columns={${columns[name].map((n) => `'${n}':'VARCHAR'`)}})`
const columns = {
  'imprese.csv': ['cciaa', 'rea', 'codice_fiscale', 'denominazione', 'natura_giuridica', 'stato', 'data_cancellazione', 'localizzazione', 'comune', 'pec',
    'data_iscrizione_pec', 'data_scadenza_pec', 'pec_amministratore'],
  'professionisti.csv': ['pec', 'codice_fiscale'],
}
await c.run(`set preserve_insertion_order=false`)
await c.run(`create table imprese as select *, lower(trim(pec)) as a, split_part(lower(trim(pec)), '@', 2) as d from ${csv('imprese.csv')}`)
await c.run(`create table professionisti as select pec as a, codice_fiscale as cf from ${csv('professionisti.csv')}`)
await c.run(`copy (
  with positions as (select * from imprese where stato <> 'CANCELLATA' and localizzazione is null),
  shared as (select a from positions where a is not null group by a having min(codice_fiscale) <> max(codice_fiscale))
  select i.cciaa, i.rea, i.codice_fiscale, i.denominazione, i.pec,
    i.a is null as missing, not regexp_full_match(i.a, '[a-z0-9_+-]+(\\.[a-z0-9_+-]+)*@([a-z0-9-]+\\.)+[a-z0-9-]+') as malformed,
    i.d = 'postacertificata.gov.it' as cecpac, i.d = 'postalibera.example' as ordinary,
    try_strptime(i.data_scadenza_pec, '%d/%m/%Y') < date '2026-10-01' as expired,
    s.a is not null as shared, p.a is not null and p.cf <> i.codice_fiscale as professional
  from positions i left join shared s on i.a = s.a left join professionisti p on i.a = p.a
  where missing or malformed or cecpac or ordinary or expired or shared or professional
) to '${out}' (header, delimiter ';')`)

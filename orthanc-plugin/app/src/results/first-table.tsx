// The table that a reader looks at first.

import type { Finding } from '../api/report';
import { type Words, useWords } from '../words';
import { measured, unit } from './format';
import { labelName, structureOf } from './names';
import { type Column, type Part, type Row, firstTable, isByRegion, reasonAt, valueAt } from './sections';

interface Props {
  findings: Finding[];
  part: Part;
  /** Shows a structure in the images. */
  show: (label: string) => void;
}

export function FirstTable({ findings, part, show }: Props) {
  const words = useWords();
  const { columns, rows } = firstTable(part, findings);
  if (columns.length === 0) {
    return null;
  }
  const unitOf = (column: Column) => unit(rows.map((row) => valueAt(row, column)).find((one) => one)?.unit ?? '');
  return (
    <div class="scroller" tabIndex={0} role="region" aria-label={words.results.values}>
      <table class="first">
        <thead>
          <tr>
            <th scope="col">{isByRegion(part) ? words.results.region : words.results.structure}</th>
            {columns.map((column) => (
              <th scope="col" class="number" key={keyOf(column)}>{words.column(column.quantity)}<small>{unitOf(column)}</small></th>
            ))}
          </tr>
        </thead>
        {isByRegion(part)
          ? findings.map((finding) => <RegionRows key={labelName(finding)} finding={finding} rows={rows} columns={columns} show={show} />)
          : <tbody>{rows.map((row) => <StructureRow key={labelName(row.finding)} row={row} columns={columns} show={show} />)}</tbody>}
      </table>
    </div>
  );
}

function keyOf({ quantity, regions }: Column): string {
  return [quantity, ...regions].join();
}

/** The regions of one structure below its name. */
function RegionRows({ finding, rows, columns, show }: { finding: Finding; rows: Row[]; columns: Column[]; show: Props['show'] }) {
  const words = useWords();
  const mine = rows.filter((row) => row.finding === finding);
  return (
    <tbody>
      <tr class="group"><th scope="rowgroup" colSpan={columns.length + 1}><ShowButton finding={finding} show={show} /></th></tr>
      {mine.map((row) => (
        <tr key={row.region}>
          <th scope="row" class="indented">{words.region(row.region ?? '')}</th>
          <Cells row={row} columns={columns} />
        </tr>
      ))}
    </tbody>
  );
}

function StructureRow({ row, columns, show }: { row: Row; columns: Column[]; show: Props['show'] }) {
  return <tr><th scope="row"><ShowButton finding={row.finding} show={show} /></th><Cells row={row} columns={columns} /></tr>;
}

function ShowButton({ finding, show }: { finding: Finding; show: Props['show'] }) {
  const words = useWords();
  const name = structureOf(finding, words);
  return <button type="button" class="link" title={words.viewer.find(name)} onClick={() => show(labelName(finding))}>{name}</button>;
}

/** A row without any value says why once. */
function Cells({ row, columns }: { row: Row; columns: Column[] }) {
  const words = useWords();
  const values = columns.map((column) => valueAt(row, column));
  const reasons = columns.map((column) => reasonAt(row, column));
  const [first] = reasons.filter((one) => one !== undefined);
  if (first && values.every((one) => one === undefined) && reasons.every((one) => one === undefined || one.reason === first.reason)) {
    return <td colSpan={columns.length} class="withheld">{words.results.withheld}<span class="why">: <Why row={row} column={columns[reasons.indexOf(first)]} words={words} /></span></td>;
  }
  return (
    <>
      {columns.map((column, index) => {
        const value = values[index];
        return (
          <td class="number" key={keyOf(column)}>
            {value ? measured(value) : reasons[index]
              ? <span class="withheld" title={words.gate(reasons[index].code) ?? reasons[index].reason}>{words.results.withheld}</span>
              : <span class="hint">–</span>}
          </td>
        );
      })}
    </>
  );
}

function Why({ row, column, words }: { row: Row; column: Column | undefined; words: Words }) {
  const reason = column && reasonAt(row, column);
  const translated = reason && words.gate(reason.code);
  return translated ? <>{translated}</> : <span lang="en">{reason?.reason}</span>;
}

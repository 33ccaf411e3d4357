import { spawnSync } from "node:child_process";
import { expect, test } from "vitest";
import { DBT_GRAPH } from "../../src/integrations/dbt/programs/graph-program.ts";
import { findDbt } from "../../src/integrations/dbt/program.ts";

/** Draws projects, and gives each to dbt's functions and to those that replace them. */
const COMPARISON = `${DBT_GRAPH}
import json, random, sys
import networkx
from dbt.compilation import Linker
from dbt.graph.graph import Graph


class Node:
    def __init__(self, kind, parents):
        self.resource_type, self.depends_on_nodes = kind, parents

    def to_dict(self, omit_none):
        return {"resource_type": self.resource_type}


class Manifest:
    """As much of a manifest as these functions read."""

    def __init__(self, draw, size):
        self.others = {f"source.p.s{n}": Node("source", []) for n in range(1 + size // 6)}
        self.nodes = {}
        for n in range(size):
            above = list(self.others) + [name for name, node in self.nodes.items() if node.resource_type == "model"]
            parents = draw.sample(above[-12:], min(len(above), draw.randint(0, 3)))
            # Metrics and the like are in the graph, but nothing that dbt builds.
            if draw.random() < 0.1:
                self.others[f"metric.p.x{n}"] = Node("metric", parents)
            else:
                self.nodes[f"model.p.m{n}"] = Node("model", parents)
        built = list(self.others) + list(self.nodes)
        for n in range(size):
            self.nodes[f"test.p.t{n}"] = Node("test", draw.sample(built, min(len(built), draw.randint(0, 3))))
        self.child_map = {}
        for name, node in self.nodes.items():
            for parent in node.depends_on_nodes:
                self.child_map.setdefault(parent, []).append(name)

    def expect(self, name):
        return self.nodes.get(name) or self.others[name]

    def linker(self):
        linker = Linker()
        for name, node in [*self.others.items(), *self.nodes.items()]:
            linker.add_node(name)
            for parent in node.depends_on_nodes:
                linker.dependency(name, parent)
        return linker


own = (Linker.add_test_edges_1, Linker.get_graph_summary, Graph.get_subset_graph)
quicken([], None)
edges = 0
for seed in range(300):
    draw = random.Random(seed)
    manifest = Manifest(draw, draw.randint(1, 25))
    theirs, ours = manifest.linker(), manifest.linker()
    assert own[1](theirs, manifest) == ours.get_graph_summary(manifest)
    own[0](theirs, manifest)
    ours.add_test_edges(manifest)
    assert set(ours.graph.edges) <= set(theirs.graph.edges), seed
    assert set(networkx.transitive_closure(ours.graph).edges) == set(networkx.transitive_closure(theirs.graph).edges), seed
    edges += len(ours.graph.edges)
    for share in (0, 0.1, 0.5, 0.9, 1):
        wanted = {name for name in theirs.graph if draw.random() < share}
        expected = own[2](Graph(theirs.graph), wanted).graph
        subset = Graph(theirs.graph).get_subset_graph(wanted).graph
        assert sorted(subset.edges(data="edge_type"), key=str) == sorted(expected.edges(data="edge_type"), key=str), seed
        assert list(subset.nodes) == list(expected.nodes), seed
try:
    Graph(networkx.DiGraph()).get_subset_graph({"model.p.none"})
except ValueError as error:
    said = str(error)
cyclic = Linker()
cyclic.dependency("a", "b")
cyclic.dependency("b", "a")
print(json.dumps({"edges": edges, "said": said, "cycle": cyclic.find_cycles()}))
`;

function python(program: string): { readonly stdout: string; readonly stderr: string } {
  const dbt = findDbt({ executable: undefined, root: process.cwd(), cwd: process.cwd(), path: process.env["PATH"] });
  if (dbt?.kind !== "driver") throw new Error("no dbt");
  return spawnSync(dbt.python, ["-c", program], { encoding: "utf8" });
}

test("the functions that replace dbt's give the same graphs", { timeout: 120_000 }, () => {
  const { stdout, stderr } = python(COMPARISON);
  expect(stderr).toBe("");
  expect(JSON.parse(stdout)).toEqual({
    edges: expect.any(Number),
    said: "Couldn't find model 'model.p.none' -- does it exist or is it disabled?",
    cycle: "a --> b",
  });
});

const OTHER_DBT = `${DBT_GRAPH}
from dbt.compilation import Linker


def add_test_edges(self, manifest, more):
    pass


Linker.add_test_edges = add_test_edges
args = ["build", "--select", "fqn:a", "fqn:b"]
print(quicken(args, ["model.p.a", "model.p.b"]) == args and Linker.add_test_edges is add_test_edges)
`;

test("a dbt whose functions take something else keeps its own", { timeout: 120_000 }, () => {
  const { stdout, stderr } = python(OTHER_DBT);
  expect([stderr, stdout.trim()]).toEqual(["", "True"]);
});

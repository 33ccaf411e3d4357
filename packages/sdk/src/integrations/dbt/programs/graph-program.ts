/**
 * A part of the driver: dbt's graph functions with the same results at a price that grows with the project, not with its square. Of a
 * project of 10,000 models dbt's own need minutes before a build of one model begins. Where this dbt has other functions, or they say
 * no, dbt's own are used.
 */
export const DBT_GRAPH = String.raw`
CHOSEN = "headgate_chosen_nodes"
# What the functions take, in the order of the table below.
KNOWN = [[], ["manifest"], ["manifest"], ["selected"], ["included_nodes", "selector"]]


def quicken(args, chosen):
    """Replaces the functions and gives the arguments; chosen: the unique ids that all the names after --select stand for."""
    try:
        import inspect, networkx
        from dbt.compilation import Linker
        from dbt.graph.graph import Graph
        from dbt.graph.selector_methods import QualifiedNameSelectorMethod

        own = {
            "cycles": Linker.find_cycles,
            "edges": Linker.add_test_edges,
            "summary": Linker.get_graph_summary,
            "subset": Graph.get_subset_graph,
            "search": QualifiedNameSelectorMethod.search,
        }
    except (ImportError, AttributeError):
        return args
    if [list(inspect.signature(function).parameters)[1:] for function in own.values()] != KNOWN:
        return args

    def find_cycles(linker):
        return None if networkx.is_directed_acyclic_graph(linker.graph) else own["cycles"](linker)

    def add_test_edges(linker, manifest):
        linker.graph.add_edges_from(test_edges(networkx, linker.graph, manifest), edge_type="parent_test")

    def get_graph_summary(linker, manifest):
        numbers = {name: number for number, name in enumerate(linker.graph)}
        summary = {}
        for name, number in numbers.items():
            kind = manifest.expect(name).resource_type
            summary[number] = {"name": name, "type": getattr(kind, "value", kind)}
            following = [numbers[successor] for successor in linker.graph.successors(name)]
            if following:
                summary[number]["succ"] = following
        return summary

    def get_subset_graph(graph, selected):
        wanted = set(selected)
        # dbt's own says which one is unknown.
        if not all(name in graph.graph for name in wanted):
            return own["subset"](graph, wanted)
        return Graph(subset_graph(networkx, graph.graph, wanted))

    def search(method, included_nodes, selector):
        if selector != CHOSEN:
            return own["search"](method, included_nodes, selector)
        return (name for name in chosen if name in included_nodes)

    Linker.find_cycles = find_cycles
    Linker.add_test_edges = add_test_edges
    Linker.get_graph_summary = get_graph_summary
    Graph.get_subset_graph = get_subset_graph
    if not chosen or "--select" not in args:
        return args
    QualifiedNameSelectorMethod.search = search
    first = args.index("--select") + 1
    rest = next((at for at in range(first, len(args)) if args[at].startswith("-")), len(args))
    return args[:first] + ["fqn:" + CHOSEN] + args[rest:]


def test_edges(networkx, graph, manifest):
    """
    From each test to the first nodes that are below all it reads; dbt draws an edge to each node below, to the same effect. (Its
    own fast way loses tests of several models where these read from sources.)
    """
    order = list(networkx.topological_sort(graph))
    known = [(name, manifest.nodes[name]) for name in order if name in manifest.nodes]
    tests = [(name, node) for name, node in known if node.resource_type == "test"]
    names = [name for name, node in known if node.resource_type != "test"]
    # Sets of nodes as numbers: bit n stands for names[n], and what is above has the lower bit.
    bits = {name: 1 << number for number, name in enumerate(names)}
    below = {}
    for name in reversed(order):
        found = 0
        for successor in graph.successors(name):
            found |= below[successor] | bits.get(successor, 0)
        below[name] = found
    edges = []
    for test, node in tests:
        parents = set(node.depends_on_nodes)
        waiting = -1 if parents else 0
        for parent in parents:
            waiting &= below.get(parent, 0)
        while waiting:
            first = names[(waiting & -waiting).bit_length() - 1]
            edges.append((test, first))
            waiting &= ~(below[first] | bits[first])
    return edges


def subset_graph(networkx, graph, wanted):
    """The wanted nodes, with an edge wherever a path leads from one to another through unwanted nodes alone."""
    subset = networkx.DiGraph()
    subset.add_nodes_from((name, data) for name, data in graph.nodes(data=True) if name in wanted)
    names = list(subset)
    bits = {name: 1 << number for number, name in enumerate(names)}
    # Of unwanted nodes: the wanted ones right above.
    above = {}
    for name in networkx.topological_sort(graph):
        found = 0
        for parent in graph.predecessors(name):
            if name in wanted and parent in wanted:
                subset.add_edge(parent, name, **graph.edges[parent, name])
            else:
                found |= bits[parent] if parent in wanted else above[parent]
        if name not in wanted:
            above[name] = found
            continue
        while found:
            parent = names[(found & -found).bit_length() - 1]
            found &= found - 1
            if not subset.has_edge(parent, name):
                subset.add_edge(parent, name)
    return subset
`;

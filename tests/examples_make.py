"""Writes tests/examples/expected.json: values and derivatives of the programs of examples/, computed without adc.

Each function is written down a second time in plain Python over numbers of mpmath, values only; derivatives are central
differences of it, steps of 1e-25 with 80 digits, so that what is rounded to double at the end is right. Needs mpmath
and is run by hand: python3 tests/examples_make.py"""
import json
import pathlib
import struct

from mpmath import mp, mpf, mpmathify

mp.dps = 80
STEP = mpf(10)**-25
HERE = pathlib.Path(__file__).resolve().parent
DATA = HERE.parent / "examples" / "data"


# ------------------------------------------------------------------ data

def npy(path):
    raw = path.read_bytes()
    (length,) = struct.unpack("<H", raw[8:10])
    header = raw[10:10 + length].decode()
    sizes = [int(n) for n in header[header.index("(") + 1:header.index(")")].split(",") if n.strip()]
    body = raw[10 + length:]
    flat = list(struct.unpack("<%d%s" % (len(body)//8, "q" if "i8" in header else "d"), body))
    for n in reversed(sizes[1:]):
        flat = [flat[i:i + n] for i in range(0, len(flat), n)]
    return flat


def csv(path):
    rows = [[float(x) for x in line.split(",")] for line in path.read_text().splitlines()[1:]]
    return [row[0] for row in rows] if len(rows[0]) == 1 else rows


READERS = {".json": lambda path: json.loads(path.read_text()), ".npy": npy, ".csv": csv}


def inputs_of(case):
    inputs = READERS[".json"](DATA / case["input"])
    for name, file in case.get("files", {}).items():
        inputs[name] = READERS[pathlib.Path(file).suffix](DATA / file)
    return inputs


# ------------------------------------------------------------------ nested lists and records

def leaves(value):
    if isinstance(value, dict):
        value = list(value.values())
    return [x for item in value for x in leaves(item)] if isinstance(value, list) else [value]


def filled(like, numbers):
    """A value of the form of `like` with these leaves, an iterator."""
    if isinstance(like, dict):
        return {name: filled(item, numbers) for name, item in like.items()}
    return [filled(item, numbers) for item in like] if isinstance(like, list) else next(numbers)


def each(f, value):
    return filled(value, iter([f(x) for x in leaves(value)]))


def dot(a, b):
    return sum((x*y for x, y in zip(a, b)), mpf(0))


def times(A, B):
    columns = list(zip(*B))
    return [[dot(row, column) for column in columns] for row in A]


def apply(A, x):
    return [dot(row, x) for row in A]


def logsumexp(xs):
    finite = [x for x in xs if x != -mp.inf]
    return mp.log(sum(mp.exp(x) for x in finite)) if finite else -mp.inf


def sigmoid(x):
    return 1/(1 + mp.exp(-x))


def eye(n):
    return [[mpf(i == j) for j in range(n)] for i in range(n)]


def normal(x):
    return mp.erfc(-x/mp.sqrt(2))/2


# ------------------------------------------------------------------ the functions

def tour(line, X, y, power):
    def parts(slope, level):
        z = [dot(row, slope) - v for row, v in zip(X, y)]
        return z, [v + level for v in z]

    def total(slope, level):
        return sum(v**power if v > 0 else mp.sqrt(v**2 + mpf(0.1)**2) for v in parts(slope, level)[1])
    slope, level = line["slope"], line["level"]
    z, r = parts(slope, level)
    s = [r[0]]
    for v in r[1:]:
        s.append(mpf(0.9)*s[-1] + v)
    g = [sum((power*v**(power - 1) if v > 0 else v/mp.sqrt(v**2 + mpf(0.1)**2))*x for v, x in zip(r, column))
         for column in list(zip(*X)) + [[1]*len(X)]]
    return total(slope, level) + max(s) + logsumexp(z) + mpf(0.1)*dot(g, g)


def z(x, y):
    return (x*y + 5)*5 + x


def kinds(x, p, k):
    return (x*p + 5)*5 + x**k


def valley(x):
    return sum((100*(b - a**2)**2 + (1 - a)**2 for a, b in zip(x, x[1:])), mpf(0))


def newton_step(x):
    """By the tridiagonal system itself."""
    n = len(x)
    g = [mpf(0)]*n
    H = mp.zeros(n)
    for i in range(n - 1):
        r = x[i + 1] - x[i]**2
        g[i] += -400*r*x[i] - 2*(1 - x[i])
        g[i + 1] += 200*r
        H[i, i] += 800*x[i]**2 - 400*r + 2
        H[i + 1, i + 1] += 200
        H[i, i + 1] -= 400*x[i]
        H[i + 1, i] -= 400*x[i]
    step = mp.lu_solve(H, mp.matrix(g))
    return {"x": [a - b for a, b in zip(x, step)], "slope": mp.sqrt(dot(g, g))}


def binary(w, b, X, y):
    z = [dot(row, w) + b for row in X]
    return {"loss": sum(mp.log(1 + mp.exp(v)) - t*v for v, t in zip(z, y))/len(y),
            "right": sum((v > 0) == (t > 0.5) for v, t in zip(z, y))}


def one_of_several(W, b, X, label):
    scores = [[v + c for v, c in zip(apply(W, row), b)] for row in X]
    return sum(logsumexp(s) - s[k] for s, k in zip(scores, label))/len(X)


def posterior(share, centre, factor, x, width, more):
    D, K = len(x[0]), len(share)
    total = -len(x)*(logsumexp(share) + mpf(D)/2*mp.log(2*mp.pi))
    R, half = [], []
    for f in factor:
        below = iter(f[D:])
        R.append([[next(below) if c < r else mp.exp(f[r]) if c == r else mpf(0) for c in range(D)] for r in range(D)])
        half.append(sum(f[:D]))
    for point in x:
        terms = []
        for k in range(K):
            u = apply(R[k], [a - b for a, b in zip(point, centre[k])])
            terms.append(share[k] + half[k] - dot(u, u)/2)
        total += logsumexp(terms)
    freedom = D + 1 + more
    multi = mpf(D*(D - 1))/4*mp.log(mp.pi) + sum(mp.loggamma(mpf(freedom - j)/2) for j in range(D))
    norm = freedom*D*(mp.log(width) - mp.log(2)/2) - multi
    return total - K*norm + sum(width**2/2*sum(v**2 for v in leaves(R[k])) - more*half[k] for k in range(K))


def cross(a, b):
    return [a[1]*b[2] - a[2]*b[1], a[2]*b[0] - a[0]*b[2], a[0]*b[1] - a[1]*b[0]]


def turn(w, x):
    t = mp.sqrt(dot(w, w))
    if t == 0:
        return [v + c for v, c in zip(x, cross(w, x))]
    a = [v/t for v in w]
    return [mp.cos(t)*v + mp.sin(t)*c + (1 - mp.cos(t))*dot(a, x)*u for v, c, u in zip(x, cross(a, x), a)]


def residuals(cams, points, weight, obs, at):
    picture = []
    for p, (c, m) in enumerate(obs):
        cam = cams[c]
        v = turn(cam["turn"], [a - b for a, b in zip(points[m], cam["place"])])
        q = [v[0]/v[2], v[1]/v[2]]
        bend = cam["focus"]*(1 + cam["lens"][0]*dot(q, q) + cam["lens"][1]*dot(q, q)**2)
        picture.append([weight[p]*(bend*a + b - s) for a, b, s in zip(q, cam["middle"], at[p])])
    return {"picture": picture, "spread": [1 - w**2 for w in weight]}


def surprise(layers, scale, shift, start, symbols):
    states = [(list(s["out"]), list(s["cell"])) for s in start]
    total = mpf(0)
    for now, after in zip(symbols, symbols[1:]):
        x = now
        for k, layer in enumerate(layers):
            out, cell = states[k]
            keep, take, show, fresh = (
                [a*u + s*v + c for a, u, s, v, c in zip(x, g["from_input"], out, g["from_state"], g["bias"])]
                for g in (layer[n] for n in ("keep", "take", "show", "fresh")))
            cell = [c*sigmoid(a) + sigmoid(b)*mp.tanh(f) for c, a, b, f in zip(cell, keep, take, fresh)]
            x = [sigmoid(a)*mp.tanh(c) for a, c in zip(show, cell)]
            states[k] = (x, cell)
        score = [a*s + b for a, s, b in zip(x, scale, shift)]
        total += sum(t*(logsumexp(score) - s) for t, s in zip(after, score))
    return total/(len(symbols) - 1)


def misses(pose, joint, parent, rest, undo, skin, hold, seen, on):
    world, bones = [], []
    for b, (joints, up) in enumerate(zip(joint, parent)):
        angle = [pose[k] if k >= 0 else mpf(0) for k in joints]
        turned = eye(4)
        for axis in (2, 1, 0):
            m = eye(4)
            i, j = [(1, 2), (2, 0), (0, 1)][axis]
            m[i][i] = m[j][j] = mp.cos(angle[axis])
            m[j][i] = mp.sin(angle[axis])
            m[i][j] = -m[j][i]
            turned = times(turned, m)
        local = times(rest[b], turned)
        world.append(local if up < 0 else times(world[up], local))
        bones.append(times(world[b], undo[b]))
    moved = []
    for v, point in enumerate(skin):
        held = [sum(hold[b][v]*dot(bones[b][i], point) for b in range(len(bones))) for i in range(3)]
        moved.append([a + c for a, c in zip(turn(pose[:3], held), pose[3:6])])
    return [[a - c for a, c in zip(s, moved[k])] for s, k in zip(seen, on)]


def rk4(f, u, h):
    def at(k, t):
        return f([a + t*b for a, b in zip(u, k)])
    a = f(u)
    b = at(a, h/2)
    c = at(b, h/2)
    d = at(c, h)
    return [v + h/6*(p + 2*q + 2*r + s) for v, p, q, r, s in zip(u, a, b, c, d)]


def fit(rate, ill, beds):
    def change(u):
        new = rate[0]*u[0]*u[1]/763
        return [-new, new - rate[1]*u[1]]
    u, path = [763 - ill, ill], []
    for _ in beds:
        path.append(u[1])
        for _ in range(10):
            u = rk4(change, u, mpf(1)/10)
    return {"loss": sum((mp.sqrt(a) - mp.sqrt(b))**2 for a, b in zip(path, beds)), "path": path}


def sensitivities(S, K, r, sigma, T):
    """The closed forms of the textbooks."""
    q = sigma*mp.sqrt(T)
    d1 = (mp.log(mpf(S)/K) + (r + sigma**2/2)*T)/q
    d2 = d1 - q
    density = mp.exp(-d1**2/2)/mp.sqrt(2*mp.pi)
    paid = K*mp.exp(-r*T)*normal(d2)
    return {"price": S*normal(d1) - paid, "delta": normal(d1), "gamma": density/(S*q), "vega": S*density*mp.sqrt(T),
            "theta": -S*density*sigma/(2*mp.sqrt(T)) - r*paid, "rho": T*paid, "vanna": -density*d2/sigma}


def asian(S, sigma, r, K, T, normal):
    pays = []
    for path in normal:
        dt, s, total = mpf(T)/len(path), S, mpf(0)
        for v in path:
            s *= mp.exp((r - sigma**2/2)*dt + sigma*mp.sqrt(dt)*v)
            total += s
        pays.append(max(total/len(path) - K, mpf(0)))
    return mp.exp(-r*T)*sum(pays)/len(pays)


def residual(u, old, nu, dx, dt):
    n = len(u)
    return [u[i] if i in (0, n - 1) else (u[i] - old[i])/dt + u[i]*(u[i + 1] - u[i - 1])/(2*dx)
            - nu*(u[i + 1] - 2*u[i] + u[i - 1])/dx**2 for i in range(n)]


def on_a_circle(u, nu, dx):
    return [nu*(u[(i + 1) % len(u)] - 2*u[i] + u[i - 1])/dx**2 for i in range(len(u))]


def march(start, nu, dx, dt, goal, steps):
    u, n = start, len(start)
    for _ in range(steps):
        u = [mpf(0) if i in (0, n - 1) else u[i] - dt*u[i]*(u[i + 1] - u[i - 1])/(2*dx)
             + dt*nu*(u[i + 1] - 2*u[i] + u[i - 1])/dx**2 for i in range(n)]
    return dx*sum((a - b)**2 for a, b in zip(u, goal))


def loglik(A, h, q, r, m0, P0, y):
    """Not the filter: the density of all of y at once, a normal distribution whose mean and covariance are sums of powers of A."""
    S, T = len(m0), len(y)
    mean, cov = m0, P0
    means, covs = [], []
    for _ in range(T):
        mean = apply(A, mean)
        cov = times(times(A, cov), [list(c) for c in zip(*A)])
        for i in range(S):
            cov[i][i] += mp.exp(q[i])
        means.append(dot(h, mean))
        covs.append(cov)
    V = mp.zeros(T)
    for s in range(T):
        along = [dot(row, h) for row in covs[s]]
        for t in range(s, T):
            V[s, t] = V[t, s] = dot(h, along) + (mp.exp(r) if s == t else 0)
            along = apply(A, along)
    L = mp.cholesky(V)
    w, logdet = [], mpf(0)
    for t in range(T):
        w.append((y[t] - means[t] - dot(L[t, :t], w))/L[t, t])
        logdet += mp.log(L[t, t])
    return -dot(w, w)/2 - logdet - mpf(T)/2*mp.log(2*mp.pi)


def network(p, x, t):
    """Value and derivatives u, u_x, u_t, u_xx by hand: each unit is carried as (value, by x, by t, by x twice)."""
    def through_tanh(v, dx, dt, dxx):
        a = mp.tanh(v)
        s = 1 - a*a
        return a, s*dx, s*dt, s*dxx - 2*a*s*dx*dx
    first = [through_tanh(row[0]*x + row[1]*t + b, row[0], row[1], mpf(0)) for row, b in zip(p["w1"], p["b1"])]
    second = []
    for row, b in zip(p["w2"], p["b2"]):
        v = [dot(row, [unit[k] for unit in first]) for k in range(4)]
        second.append(through_tanh(v[0] + b, *v[1:]))
    out = [dot(p["w3"], [unit[k] for unit in second]) for k in range(4)]
    return out[0] + p["b3"], out[1], out[2], out[3]


def pinn(p, at, border, value, nu):
    inside = []
    for x, t in at:
        u, ux, ut, uxx = network(p, x, t)
        inside.append((ut + u*ux - nu*uxx)**2)
    edge = [(network(p, x, t)[0] - v)**2 for (x, t), v in zip(border, value)]
    return sum(inside)/len(inside) + sum(edge)/len(edge)


def histogram(w, B, **others):
    found = [mpf(0)]*B
    for v, k in zip(w, others["class"]):
        found[k] += v
    return found


def warped(a, b, soft):
    """Sum over all paths, one by one."""
    costs = []
    paths = [(0, 0, mpf(0))]
    while paths:
        i, j, cost = paths.pop()
        cost += (a[i] - b[j])**2
        if (i, j) == (len(a) - 1, len(b) - 1):
            costs.append(cost)
        paths += [(k, n, cost) for k, n in ((i + 1, j), (i, j + 1), (i + 1, j + 1)) if k < len(a) and n < len(b)]
    return -soft*logsumexp([-c/soft for c in costs])


def agm(a0, b0):
    return mp.agm(a0, b0)


def forward(L, b):
    lower = [[v if j <= i else mpf(0) for j, v in enumerate(row)] for i, row in enumerate(L)]
    return list(mp.lu_solve(mp.matrix(lower), mp.matrix(b)))


def leapfrog(q0, p0, A, dt, steps):
    q, p = q0, p0
    A = [[(A[i][j] + A[j][i])/2 for j in range(len(q))] for i in range(len(q))]
    for _ in range(steps):
        p = [v - dt/2*f for v, f in zip(p, apply(A, q))]
        q = [v + dt*w for v, w in zip(q, p)]
        p = [v - dt/2*f for v, f in zip(p, apply(A, q))]
    return {"q": q, "p": p}


def forms(x, A):
    n = len(x)
    acc = n*(n - 1)//2
    s = (sum(A[i][j]*x[i]*x[j] for i in range(n) for j in range(n) if i != j) + max(x) + max(x[0], x[-1]) + 6)
    t = s if s > 0 else -s if s < -1 else mpf(0)
    norm = mp.sqrt(dot(A[0], A[0]))
    a = x[0]
    poly = 1 + 2*(2 + a**2) + 3*(2 + a**2)**2 - 4/(2 + a**2)**3
    return (acc + t + x.index(max(x)) + norm + dot(A[0], A[0]) - 1 + a + x[-1] + sum(x[1:]) + sum(x[::2])
            + sum(x[:2]) + sum(row[0] for row in A) + poly)


# ------------------------------------------------------------------ what is expected

def case(file, function, python, data, derive="grad", tol=1e-12, **more):
    return dict(program=file, function=function, python=python, input=data, derive=derive, tol=tol, **more)


DIRECT = "plain Python over mpmath, 80 digits; derivatives by differences of it"
CASES = [
    case("tour.ad", "loss", tour, "tour.json", var=["line"]),
    case("seed.ad", "z", z, None, inputs={"x": 2, "y": 3}, var=["x", "y"], derive="grad,hessian"),
    case("seed.ad", "kinds", kinds, None, inputs={"x": 1.5, "p": 0.5, "k": 3}, var=["x"]),
    case("rosenbrock.ad", "valley", valley, "rosenbrock.json", var=["x"], derive="grad,hessian"),
    case("rosenbrock.ad", "newton_step", newton_step, "rosenbrock.json", var=[], derive="value", tol=1e-9,
         source="the tridiagonal system, by mpmath"),
    case("classes.ad", "binary", binary, "o_rings.json", var=["w", "b"], of="loss", tol=1e-10),
    case("classes.ad", "one_of_several", one_of_several, "irises.json", files={"X": "irises.csv"}, var=["W", "b"]),
    case("mixture.ad", "posterior", posterior, "old_faithful.json", files={"x": "old_faithful.csv"},
         var=["share", "centre", "factor"], tol=1e-11),
    case("bundle.ad", "residuals", residuals, "bundle.json", files={"obs": "bundle_obs.npy"},
         var=["cams", "points", "weight"], derive="jacobian"),
    case("memory.ad", "surprise", surprise, "memory.json", var=["layers", "scale", "shift"]),
    case("skeleton.ad", "misses", misses, "skeleton.json", files={"skin": "skin.npy"}, var=["pose"], derive="jacobian"),
    case("influenza.ad", "fit", fit, "influenza.json", var=["rate", "ill"], of="loss", tol=1e-11),
    case("options.ad", "sensitivities", sensitivities, "option.json", var=[], derive="value",
         source="closed forms, by mpmath"),
    case("options.ad", "asian", asian, "asian.json", var=["S", "sigma", "r"]),
    case("burgers.ad", "residual", residual, "burgers.json", var=["u"], derive="jacobian"),
    case("burgers.ad", "on_a_circle", on_a_circle, "circle.json", var=["u"], derive="jacobian"),
    case("burgers.ad", "march", march, "march.json", var=["start", "nu"]),
    case("nile.ad", "loglik", loglik, "trend.json", var=["A", "h", "q", "r"], tol=1e-11,
         source="the joint normal density of the series, by mpmath; derivatives by differences of it"),
    case("nile.ad", "loglik", loglik, "nile.json", files={"y": "nile.csv"}, var=[], derive="value", tol=1e-11,
         source="the joint normal density of the series, by mpmath"),
    case("pinn.ad", "loss", pinn, "pinn.json", files={"at": "pinn_at.npy"}, var=["p"], tol=1e-11,
         source="derivatives by the inputs by hand, by the weights by differences, 80 digits"),
    case("algorithms.ad", "histogram", histogram, "histogram.json", var=["w"], derive="jacobian"),
    case("algorithms.ad", "warped", warped, "warped.json", var=["a"],
         source="the sum over all paths, by mpmath; derivatives by differences of it"),
    case("algorithms.ad", "agm", agm, "agm.json", var=["a0", "b0"], source="mpmath's agm and differences of it"),
    case("algorithms.ad", "forward", forward, "forward.json", var=["L", "b"], derive="jacobian"),
    case("algorithms.ad", "leapfrog", leapfrog, "leapfrog.json", var=["q0", "p0"], derive="jacobian"),
    case("forms.ad", "forms", forms, "forms.json", var=["x"]),
]


def exact(value):
    """Ints stay, reals become numbers of mpmath."""
    return each(lambda x: mpmathify(x) if isinstance(x, float) else x, value)


def by(function, inputs, name):
    """Derivatives of all results (a list of leaves) by each leaf of an input, a row a leaf."""
    rows = []
    for k, x in enumerate(leaves(inputs[name])):
        ends = []
        for sign in (1, -1):
            moved = leaves(inputs[name])
            moved[k] = x + sign*STEP
            ends.append(leaves(function(**dict(inputs, **{name: filled(inputs[name], iter(moved))}))))
        rows.append([(a - b)/(2*STEP) for a, b in zip(*ends)])
    return rows


def nested(form, numbers):
    return filled(form, iter([float(x) if abs(x) > STEP else 0.0 for x in numbers]))


def flat_records(value):
    """In matrices of derivatives the fields of a record lie along one axis."""
    if isinstance(value, dict):
        return leaves(value)
    return [flat_records(item) for item in value] if isinstance(value, list) else value


def gradient(function, inputs, var):
    return {name: nested(inputs[name], [row[0] for row in by(function, inputs, name)]) for name in var}


def hessian(function, inputs, var):
    """Blocks of the scalar function, rows by the first variable."""
    blocks = {}
    for name in var:
        def slope(**moved):
            return [row[0] for row in by(function, moved, name)]
        for other in var:
            rows = list(zip(*by(slope, inputs, other)))
            full = iter([nested(inputs[other], row) for row in rows])
            blocks.setdefault(name, {})[other] = filled(inputs[name], full)
    return blocks


def jacobian(function, inputs, var, result):
    """Blocks of each result by each variable: axes of the result, then of the variable."""
    results = result if isinstance(result, dict) else {"result": result}
    blocks = {}
    for name in var:
        rows = list(zip(*by(function, inputs, name)))
        for key, value in results.items():
            count = len(leaves(value))
            full = iter([nested(flat_records(inputs[name]), row) for row in rows[:count]])
            blocks.setdefault(key, {})[name] = filled(value, full)
            rows = rows[count:]
    return blocks


def expected(item):
    inputs = exact(item.get("inputs") or inputs_of(item))
    function, var = item["python"], item["var"]
    inputs.update((name, each(mpmathify, inputs[name])) for name in var)
    result = function(**inputs)
    found = {"result": each(lambda x: x if isinstance(x, int) else float(x), result)}
    scalar = function if "of" not in item else lambda **k: function(**k)[item["of"]]
    if "grad" in item["derive"]:
        found["grad"] = gradient(scalar, inputs, var)
    if "hessian" in item["derive"]:
        found["hessian"] = hessian(scalar, inputs, var)
    if "jacobian" in item["derive"]:
        found["jacobian"] = jacobian(function, inputs, var, result)
    kept = {k: item[k] for k in ("program", "function", "input", "inputs", "files", "derive", "of", "tol") if k in item}
    return dict(kept, source=item.get("source", DIRECT), expect=found)


def main():
    lines = [json.dumps(expected(item)) for item in CASES]
    (HERE / "examples" / "expected.json").write_text("[\n" + ",\n".join(lines) + "\n]\n")


if __name__ == "__main__":
    main()

"""Reads the data files of ADBench and its expected values, as arguments of the programs in this folder.

Each reader gives a dictionary from parameter to nested lists; `expected` gives numbers one by one. Formats are those
of github.com/microsoft/ADBench, folder data/.
"""
import json
import os


def numbers(path):
    with open(path) as file:
        return file.read().split()


def expected(folder, name):
    return [float(word) for word in numbers(os.path.join(folder, "expected", name + ".txt"))]


def shaped(flat, *shape):
    """The list as nested lists of that shape; what is left over is not looked at."""
    if len(shape) == 1:
        return flat[:shape[0]]
    step = 1
    for n in shape[1:]:
        step *= n
    return [shaped(flat[i*step:(i + 1)*step], *shape[1:]) for i in range(shape[0])]


class Reader:
    def __init__(self, path):
        self.words = numbers(path)
        self.at = 0

    def ints(self, count):
        self.at += count
        return [int(word) for word in self.words[self.at - count:self.at]]

    def reals(self, *shape):
        count = 1
        for n in shape:
            count *= n
        self.at += count
        return shaped([float(word) for word in self.words[self.at - count:self.at]], *shape)


def gmm(path):
    file = Reader(path)
    d, k, n = file.ints(3)
    arguments = {"alpha": file.reals(k), "mu": file.reals(k, d), "icf": file.reals(k, d*(d + 1)//2),
                 "x": file.reals(n, d)}
    arguments["gamma"] = file.reals(1)[0]
    arguments["m"] = file.ints(1)[0]
    return arguments


def lstm(path):
    file = Reader(path)
    layers, length, units = file.ints(3)
    return {"layers": file.reals(layers, 2, 4, units), "ends": file.reals(3, units),
            "init": file.reals(layers, 2, units), "seq": file.reals(length, units)}


def ba(path, sizes=None):
    """One camera, point, weight and feature, repeated; sizes (cameras, points, observations) instead of the file's."""
    file = Reader(path)
    cameras, points, observations = file.ints(3)
    if sizes:
        cameras, points, observations = sizes
    camera, point, weight, feature = file.reals(11), file.reals(3), file.reals(1), file.reals(2)
    return {"cams": [camera]*cameras, "points": [point]*points, "w": weight*observations,
            "obs": [[i % cameras, i % points] for i in range(observations)], "feat": [feature]*observations}


def model(folder):
    """Bones and skin of the hand."""
    bones = [line.split(":") for line in numbers(os.path.join(folder, "bones.txt"))]
    skin = [line.split(":") for line in numbers(os.path.join(folder, "vertices.txt"))]
    triangles = [[int(v) for v in line.split(":")] for line in numbers(os.path.join(folder, "triangles.txt"))]
    weight = [[0.0]*len(skin) for _ in bones]
    for v, words in enumerate(skin):
        for pair in range(int(words[8])):
            weight[int(words[9 + 2*pair])][v] = float(words[10 + 2*pair])
    dof = [[-1, -1, -1] for _ in bones]
    for finger in range(5):
        first = 6 + 4*finger
        dof[2 + 4*finger] = [first, first + 1, -1]
        dof[3 + 4*finger] = [first + 2, -1, -1]
        dof[4 + 4*finger] = [first + 3, -1, -1]
    arguments = {"dof": dof, "parent": [int(bone[1]) for bone in bones],
                 "rest": [shaped([float(x) for x in bone[2:18]], 4, 4) for bone in bones],
                 "unbind": [shaped([float(x) for x in bone[18:34]], 4, 4) for bone in bones],
                 "verts": [[float(x) for x in words[:3]] + [1.0] for words in skin], "weight": weight}
    return arguments, triangles


def hand(path, folder, complicated):
    """A point of the simple problem sits on a vertex: a triangle of that vertex alone, u = (1, 0)."""
    arguments, triangles = model(folder)
    file = Reader(path)
    count, pose = file.ints(2)
    corner, points = [], []
    for _ in range(count):
        at = file.ints(1)[0]
        corner.append(triangles[at] if complicated else [at]*3)
        points.append(file.reals(3))
    arguments["u"] = file.reals(count, 2) if complicated else [[1.0, 0.0]]*count
    arguments["theta"] = file.reals(pose)
    arguments.update(points=points, corner=corner)
    return arguments


def write(arguments, folder):
    """NAME=@FILE for each argument, as `adc run` takes it."""
    words = []
    for name, value in arguments.items():
        path = os.path.join(folder, name + ".json")
        with open(path, "w") as file:
            json.dump(value, file)
        words.append("%s=@%s" % (name, path))
    return words

"""Between ROS messages and the core: conversion, QoS, parameters, the one ROS thread."""
